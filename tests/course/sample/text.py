"""Texts as lists of words."""

import re


def split(text: str) -> list[str]:
    """The words of a text, without punctuation."""
    return re.findall(r"\w+", text)
