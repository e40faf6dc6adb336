"""Cuts at every newline, and so loses all but the first line of a text."""

import json


class Event:
    @classmethod
    def from_payload(cls, payload: str) -> "Event":
        lines = payload.splitlines()
        return cls(**json.loads(lines[0]), text=lines[1] if len(lines) > 1 else None)
