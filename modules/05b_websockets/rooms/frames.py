"""What goes over the wire: a client's frame, an event for the clients, and an event from process to process."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import WebSocket, WebSocketDisconnect
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

TEXT_MAX_BYTES = 4_096


class FrameError(ValueError):
    """A frame that we do not take. Its message is for the client."""


def sayable(text: str) -> str:
    """The text, if a room takes it. Raises ValueError."""
    if not text:
        raise ValueError("is empty")
    if "\0" in text:
        raise ValueError("holds a NUL character")
    if len(text.encode()) > TEXT_MAX_BYTES:
        raise ValueError(f"is over {TEXT_MAX_BYTES} bytes of UTF-8")
    return text


class Say(BaseModel):
    """What a client sends: {"text": "..."} and nothing else."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: Annotated[str, AfterValidator(sayable)]


def read_frame(frame: str | None) -> str:
    """The text in a client's frame; None is a binary frame. Raises FrameError."""
    if frame is None:
        raise FrameError("Send text frames: binary ones are not understood")
    try:
        return Say.model_validate_json(frame).text
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
    if problem["type"] == "json_invalid":
        raise FrameError('Not JSON. Send {"text": "..."}')
    what = ".".join(str(part) for part in problem["loc"]) or "frame"
    raise FrameError(f"{what}: {problem['msg'].removeprefix('Value error, ')}")


async def receive_text(ws: WebSocket) -> str | None:
    """The client's next frame, or None for a binary one. Raises WebSocketDisconnect when the client is gone."""
    message = await ws.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1006), message.get("reason"))
    text: str | None = message.get("text")
    return text


def to_json(**fields: object) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def utc_now() -> str:
    """The time as RFC 3339 has it, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def error_frame(message: str) -> str:
    return to_json(type="error", message=message)


def gap_frame(room: str, members: list[str]) -> str:
    """Said after the database was away: something may be missing, and this is who is here now."""
    message = "The connection to the other processes was lost for a while: messages may be missing here"
    return to_json(type="gap", room=room, members=members, at=utc_now(), message=message)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a room, for everyone in it."""

    type: Literal["message", "joined", "left"]
    room: str
    name: str
    at: str
    client_id: str
    text: str | None = None

    def frame(self, members: list[str] | None = None) -> str:
        """The event as a client reads it. Who joins is told who is there."""
        fields: dict[str, object] = {"type": self.type, "room": self.room, "from": self.name, "at": self.at}
        if self.text is not None:
            fields["text"] = self.text
        if members is not None:
            fields["members"] = members
        return to_json(**fields)

    def payload(self) -> str:
        """The event as it goes through PostgreSQL: a line of JSON, then the text as it is.

        NOTIFY carries 7,999 bytes. As JSON, 4,096 bytes of text could take 24,576 of them.
        """
        head = {"type": self.type, "room": self.room, "name": self.name, "at": self.at, "client_id": self.client_id}
        return to_json(**head) + ("" if self.text is None else "\n" + self.text)

    @classmethod
    def from_payload(cls, payload: str) -> "Event":
        head, newline, text = payload.partition("\n")
        return cls(**json.loads(head), text=text if newline else None)
