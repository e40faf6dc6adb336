"""Counts what is written, letter case and all: the bug of the lesson."""

from collections import Counter

from text import split


def count(text: str) -> Counter[str]:
    return Counter(split(text))
