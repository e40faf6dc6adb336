"""Does not ask whether there is an error below this one."""

from sqlalchemy.exc import IntegrityError


def violated_constraint(error: IntegrityError) -> str | None:
    name: str | None = error.orig.__cause__.constraint_name  # type: ignore[union-attr]
    return name
