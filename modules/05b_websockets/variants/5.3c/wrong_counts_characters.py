"""Counts characters, where the database counts bytes."""

from rooms.frames import TEXT_MAX_BYTES


def sayable(text: str) -> str:
    if not text or "\0" in text or len(text) > TEXT_MAX_BYTES:
        raise ValueError("is empty, too long, or holds NUL")
    return text
