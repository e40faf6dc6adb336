"""Digits, but as many as you like: PostgreSQL's largest id is 9223372036854775807."""

import re


def row_id(text: str) -> int:
    if not re.fullmatch("[1-9][0-9]*", text):
        raise ValueError("must be digits")
    return int(text)
