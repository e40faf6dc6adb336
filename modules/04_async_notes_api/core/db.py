"""The database: one engine for the whole app, one session for each request."""

import os
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from core.settings import Settings

FIXES = {  # what to do about an error of PostgreSQL, by its code (SQLSTATE)
    "25006": "Give the address of the server that takes writes.",
    "3F000": "Let the database's owner run: GRANT USAGE, CREATE ON SCHEMA public TO the user in the URL.",
    "42501": "Let the database's owner run: GRANT CREATE ON SCHEMA public TO the user in the URL.",
    "08P01": "If it is a pooler, such as PgBouncer, add the parameter to its ignore_startup_parameters.",
}


class Base(DeclarativeBase):
    """What all tables of the app have in common: the list of them, `Base.metadata`."""


def make_engine(settings: Settings) -> AsyncEngine:
    """Return a pool of connections to the database of the settings. It connects to nothing yet."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]  # the driver would obey PGPORT, PGSSLMODE and their like
    return create_async_engine(
        settings.database_url.get_secret_value(),
        pool_pre_ping=True,  # a connection that the server has dropped is replaced, not handed out
        hide_parameters=True,  # or an error in the log shows the row that it was about
        # Without a cache of prepared statements: the first request after a change of a table would find an old one.
        connect_args={"timeout": 5, "prepared_statement_cache_size": 0},
    )


async def create_tables(engine: AsyncEngine) -> None:
    """Create the tables that are not there yet. A table that is there is left as it is, even if it is an old one.

    Raises ValueError if the database's encoding is not UTF8, OSError or DBAPIError if it is away or refuses.
    """
    async with engine.begin() as connection:
        encoding = await connection.scalar(text("SHOW server_encoding"))
        if encoding != "UTF8":
            raise ValueError(
                f"the encoding is {encoding}. Run: CREATE DATABASE notes TEMPLATE template0 ENCODING 'UTF8'"
            )
        await connection.run_sync(Base.metadata.create_all)


def why_no_database(error: Exception) -> str:
    """Return one line for an error of `create_tables`: DATABASE_URL, the reason as PostgreSQL says it, what to do."""
    cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig else error
    reason = " ".join(str(cause).split()) or type(cause).__name__
    if isinstance(cause, ValueError):  # it says itself what to do
        return f"DATABASE_URL: {reason}"
    fix = FIXES.get(getattr(cause, "sqlstate", ""), "Is its server up, and is the URL right?")
    return f"DATABASE_URL: the database can't be used ({reason}). {fix}"


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    """Yield a session from `request.app.state.sessionmaker` for one request. What it does not commit is rolled back."""
    async with request.app.state.sessionmaker() as session:
        yield session


# scope="function": the connection goes back before the answer is sent, and not when a slow client has read it.
SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]


def violated_constraint(error: IntegrityError) -> str | None:
    """Return the name of the constraint that refused a row, or None if PostgreSQL tells none."""
    return getattr(error.orig.__cause__, "constraint_name", None) if error.orig else None
