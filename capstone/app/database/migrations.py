"""Migrations: the tables brought up to date, by one process at a time; and whether the database has them all."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from app.config.settings import Settings
from app.database.engine import make_direct_engine
from app.database.faults import DATABASE_ERRORS, NoDatabase, fix_for, is_transient, sqlstate, why_no_database
from app.errors import Unavailable

MIGRATIONS = Path(__file__).parents[2] / "migrations"
READY_SECONDS = 2
TURN = 4_706_001  # any number, the same for all who migrate this app
TURN_TIMEOUT_SECONDS = 120
POLL_SECONDS = 0.2
# A migration that waits for a table makes everybody wait behind it. Better that it fails, and is run again.
TIMEOUTS = ("SET lock_timeout = '3s'", "SET statement_timeout = '10min'")
STAY = text("SET LOCAL idle_in_transaction_session_timeout = 0")
NO_SUCH_TABLE = "42P01"  # PostgreSQL's code for it (appendix A of its manual)
APPLIED = text("SELECT version_num FROM alembic_version")


async def take_turn(connection: AsyncConnection) -> None:
    """Wait until nobody else migrates. The turn ends with its transaction, so also when this process is killed.

    It asks again and again and never waits inside a statement: CREATE INDEX CONCURRENTLY, in another's migration,
    waits for all statements that run, and the two would be in a deadlock. Raises NoDatabase.
    """
    try:
        async with asyncio.timeout(TURN_TIMEOUT_SECONDS):
            while not await connection.scalar(text("SELECT pg_try_advisory_xact_lock(:turn)"), {"turn": TURN}):
                await connection.rollback()  # or that index would wait for this transaction's snapshot
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise NoDatabase(f"Another migration has run for {TURN_TIMEOUT_SECONDS} s. Try again later.") from None
    await connection.execute(STAY)  # in the place of the statement that asked, which would keep its snapshot


@asynccontextmanager
async def migrating(settings: Settings) -> AsyncIterator[AsyncConnection]:
    """A connection to migrate on, held while another has the turn. Raises NoDatabase."""
    engine = make_direct_engine(settings, "blog migrations")
    try:
        async with engine.connect() as turn:
            await take_turn(turn)
            async with engine.connect() as connection:
                for timeout in TIMEOUTS:
                    await connection.execute(text(timeout))
                await connection.commit()
                yield connection
    except DATABASE_ERRORS as error:
        if fix_for(error) or is_transient(error):
            raise NoDatabase(why_no_database(error, engine.url)) from error
        raise
    finally:
        await engine.dispose()


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
