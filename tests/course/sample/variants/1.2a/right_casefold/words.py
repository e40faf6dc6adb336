"""Folds the case of each word."""

from collections import Counter

from text import split


def count(text: str) -> Counter[str]:
    return Counter(word.casefold() for word in split(text))
