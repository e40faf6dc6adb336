"""pydantic's own text in one line: it holds the values."""

from pydantic import ValidationError


def what_is_wrong(error: ValidationError) -> str:
    names = ", ".join(str(problem["loc"][0]).upper() for problem in error.errors())
    return f"{names}: {' '.join(str(error).split())}"
