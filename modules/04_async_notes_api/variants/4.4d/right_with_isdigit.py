"""Asks the text, letter by letter."""

from models import MAX_ID


def row_id(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20 and text[0] != "0"):
        raise ValueError("is no id")
    number = int(text)
    if number > MAX_ID:
        raise ValueError("is too large")
    return number
