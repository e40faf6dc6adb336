"""Only the first problem: who has three has to start three times."""

from pydantic import ValidationError


def what_is_wrong(error: ValidationError) -> str:
    problem = error.errors()[0]
    return f"{str(problem['loc'][0]).upper()}: {problem['msg']}"
