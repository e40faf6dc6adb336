"""Turns whatever is no letter or digit into a space."""


def split(text: str) -> list[str]:
    return "".join(each if each.isalnum() else " " for each in text).split()
