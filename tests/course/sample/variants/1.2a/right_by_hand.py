"""Counts in a loop."""

from collections import Counter

from text import split


def count(text: str) -> Counter[str]:
    counted: Counter[str] = Counter()
    for word in split(text):
        counted[word.lower()] += 1
    return counted
