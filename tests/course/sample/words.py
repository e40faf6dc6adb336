"""Counting words."""

from collections import Counter

from text import split


def count(text: str) -> Counter[str]:
    """How often each word stands in a text, whatever its letter case."""
    # A word at the start of a sentence is the same word.
    return Counter(split(text.lower()))


class Tally:
    """Counts over many texts."""

    def __init__(self) -> None:
        self.total: Counter[str] = Counter()

    def add(self, text: str) -> None:
        """Count one more text."""
        self.total += count(text)

    def top(self) -> str:
        """The most frequent word. Raises ValueError if there is none yet."""
        if not self.total:
            raise ValueError("nothing was counted")
        return self.total.most_common(1)[0][0]
