"""Makes a dictionary of the whole event, and takes the text out of it."""

import dataclasses
import json


class Event:
    def payload(self) -> str:
        fields = dataclasses.asdict(self)
        text = fields.pop("text")
        head = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
        return head if text is None else f"{head}\n{text}"

    @classmethod
    def from_payload(cls, payload: str) -> "Event":
        if "\n" not in payload:
            return cls(**json.loads(payload))
        head, text = payload.split("\n", maxsplit=1)
        return cls(text=text, **json.loads(head))
