"""Says all of it in other words, and asks the errors by their places."""

from pydantic import ValidationError

from rooms.frames import TEXT_MAX_BYTES, FrameError, Say


def sayable(text: str) -> str:
    size = len(text.encode("utf-8"))
    if size == 0 or size > TEXT_MAX_BYTES:
        raise ValueError(f"takes 1 to {TEXT_MAX_BYTES} bytes, not {size}")
    if any(character == "\0" for character in text):
        raise ValueError("the character NUL can't be sent")
    return text


def read_frame(frame: str | None) -> str:
    if frame is None:
        raise FrameError("That is no frame of text")
    try:
        said = Say.model_validate_json(frame)
    except ValidationError as error:
        places = [str(problem["loc"][0]) for problem in error.errors(include_input=False) if problem["loc"]]
        raise FrameError(f"This can't be sent; look at {', '.join(places) or 'the JSON'}") from None
    return said.text
