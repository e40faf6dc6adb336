"""Splits once, and names the fields by hand."""

import json

from rooms.frames import to_json


class Event:
    def payload(self) -> str:
        fields = {name: getattr(self, name) for name in ("type", "room", "name", "at", "client_id")}
        lines = [to_json(**fields)]
        if self.text is not None:
            lines.append(self.text)
        return "\n".join(lines)

    @classmethod
    def from_payload(cls, payload: str) -> "Event":
        first, *rest = payload.split("\n", 1)
        return cls(**json.loads(first), text=rest[0] if rest else None)
