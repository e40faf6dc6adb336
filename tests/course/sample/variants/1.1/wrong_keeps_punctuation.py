"""Splits at spaces alone, so that a comma belongs to its word."""


def split(text: str) -> list[str]:
    return text.split()
