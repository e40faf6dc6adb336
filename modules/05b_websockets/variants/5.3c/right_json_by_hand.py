"""Reads the JSON first, and lets pydantic check what came out of it."""

import json

from pydantic import ValidationError

from rooms.frames import TEXT_MAX_BYTES, FrameError, Say


def sayable(text: str) -> str:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise ValueError("holds half a character") from error
    if not 0 < size <= TEXT_MAX_BYTES or "\0" in text:
        raise ValueError("is empty, too long, or holds NUL")
    return text


def read_frame(frame: str | None) -> str:
    if frame is None:
        raise FrameError("Only text is read here")
    try:
        return Say.model_validate(json.loads(frame)).text
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        raise FrameError(f"{first['loc']}: {first['msg']}") from None
    except (ValueError, RecursionError):
        raise FrameError("That is no JSON") from None
