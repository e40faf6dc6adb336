"""Does the database have every migration that this code needs?"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.database.session import Database
from app.errors import Unavailable

MIGRATIONS = Path(__file__).parents[2] / "migrations"
READY_SECONDS = 2

APPLIED = text("SELECT version_num FROM alembic_version")


@dataclass(frozen=True, slots=True)
class Revisions:
    """The migrations that this code knows, and the newest of them."""

    known: frozenset[str]
    heads: frozenset[str]


def read_revisions() -> Revisions:
    """Read the migration files of this code."""
    script = ScriptDirectory(str(MIGRATIONS))
    return Revisions(frozenset(r.revision for r in script.walk_revisions()), frozenset(script.get_heads()))


def is_sufficient(applied: Collection[str], revisions: Revisions) -> bool:
    """Say whether a database with these applied revisions has all that the code needs.

    A revision that the code does not know is a newer one: the code was rolled back, or the new code's migrations ran
    a moment before it takes over. Migrations only add what the code before them can live with, so that is fine.
    """
    applied = set(applied)
    return bool(applied - revisions.known) or revisions.heads <= applied


async def check_ready(database: Database, revisions: Revisions) -> None:
    """Raise Unavailable unless the database answers within READY_SECONDS and has every migration needed."""
    try:
        async with asyncio.timeout(READY_SECONDS), database.read() as connection:
            applied = (await connection.scalars(APPLIED)).all()
    except TimeoutError as error:
        raise Unavailable from error
    except ProgrammingError:
        applied = []  # there is no such table yet
    if not is_sufficient(applied, revisions):
        raise Unavailable("The database lacks migrations: run alembic upgrade head.")
