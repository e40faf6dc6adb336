"""Asks for the driver's own class."""

from asyncpg import PostgresError
from sqlalchemy.exc import IntegrityError


def violated_constraint(error: IntegrityError) -> str | None:
    if error.orig is None or not isinstance(error.orig.__cause__, PostgresError):
        return None
    return error.orig.__cause__.constraint_name
