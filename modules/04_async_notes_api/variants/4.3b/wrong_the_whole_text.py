"""Gives the text of the error, with the e-mail in it."""

from sqlalchemy.exc import IntegrityError


def violated_constraint(error: IntegrityError) -> str | None:
    return str(error.orig) if error.orig else None
