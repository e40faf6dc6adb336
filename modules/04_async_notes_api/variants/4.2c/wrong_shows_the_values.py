"""pydantic's own text in one line: it holds the values."""

from pydantic import ValidationError


def what_is_wrong(error: ValidationError) -> str:
    return " ".join(str(error).upper().split())
