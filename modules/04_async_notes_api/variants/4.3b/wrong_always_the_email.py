"""The first version that comes to mind: an IntegrityError is always the e-mail."""

from sqlalchemy.exc import IntegrityError


def violated_constraint(error: IntegrityError) -> str | None:
    return "uq_users_email" if error.orig else None
