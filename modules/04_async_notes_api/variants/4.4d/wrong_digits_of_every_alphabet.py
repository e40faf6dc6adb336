"""The digits behind the first are those of every alphabet."""

import re

from models import MAX_ID


def row_id(text: str) -> int:
    if len(text) > 19 or not re.fullmatch(r"[1-9]\d*", text) or int(text) > MAX_ID:
        raise ValueError("is no id")
    return int(text)
