"""Sends the text as JSON, too: a text that is allowed can be six times as long. What the lesson counts."""

import dataclasses
import json


class Event:
    def payload(self) -> str:
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_payload(cls, payload: str) -> "Event":
        return cls(**json.loads(payload))
