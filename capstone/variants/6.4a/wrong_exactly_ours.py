"""A database that is newer is refused: no rollback is possible."""

import asyncio
from collections.abc import Collection

from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession

from app.database.faults import sqlstate
from app.database.migrations import APPLIED, NO_SUCH_TABLE, READY_SECONDS, Revisions
from app.errors import Unavailable


def is_sufficient(applied: Collection[str], revisions: Revisions) -> bool:
    """Say whether a database with these applied revisions has all that the code needs.

    A revision that the code does not know is a newer one: the code was rolled back, or the new code's migrations ran
    a moment before it takes over. Migrations only add what the code before them can live with, so that is fine.
    """
    applied = set(applied)
    return revisions.heads == applied


async def check_ready(session: AsyncSession, revisions: Revisions) -> None:
    """Raise Unavailable unless the database answers within READY_SECONDS and has every migration needed."""
    try:
        async with asyncio.timeout(READY_SECONDS):
            applied = (await session.scalars(APPLIED)).all()
    except ProgrammingError as error:
        if sqlstate(error) != NO_SUCH_TABLE:
            raise
        applied = []
    if not is_sufficient(applied, revisions):
        raise Unavailable("The database lacks migrations: run alembic upgrade head.")
