"""Makes a set of the words first, which holds each once."""

from collections import Counter

from text import split


def count(text: str) -> Counter[str]:
    return Counter(set(split(text.lower())))
