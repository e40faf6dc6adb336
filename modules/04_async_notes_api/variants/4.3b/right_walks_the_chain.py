"""Walks along the chain until an error has the name."""

from sqlalchemy.exc import IntegrityError


def violated_constraint(error: IntegrityError) -> str | None:
    cause: BaseException | None = error.orig
    while cause is not None:
        name: str | None = getattr(cause, "constraint_name", None)
        if name is not None:
            return name
        cause = cause.__cause__
    return None
