"""Says the same of every frame: whoever sent it does not learn what to change."""

from pydantic import ValidationError

from rooms.frames import FrameError, Say


def read_frame(frame: str | None) -> str:
    try:
        return Say.model_validate_json(frame or "").text
    except ValidationError:
        raise FrameError("Bad frame") from None
