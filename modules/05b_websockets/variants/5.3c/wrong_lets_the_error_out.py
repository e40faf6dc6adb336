"""Leaves pydantic's own error to the endpoint, which ends the connection: the bug of the lesson."""

from rooms.frames import FrameError, Say


def read_frame(frame: str | None) -> str:
    if frame is None:
        raise FrameError("Send text frames")
    return Say.model_validate_json(frame).text
