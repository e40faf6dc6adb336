"""Forgets to return."""

import re


def split(text: str) -> list[str]:
    re.findall(r"\w+", text)
