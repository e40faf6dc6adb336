"""The database: one engine for the whole app, one session for each request."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import MetaData
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from core.settings import Settings

CONNECT_TIMEOUT_SECONDS = 5


class Base(DeclarativeBase):
    """The tables of the app. Every constraint gets a name that we can know beforehand."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )


def make_engine(settings: Settings) -> AsyncEngine:
    """A pool of connections. It connects to nothing yet."""
    return create_async_engine(
        settings.database_url.get_secret_value(),
        pool_pre_ping=True,  # a connection that the server has dropped is replaced, not handed out
        connect_args={"timeout": CONNECT_TIMEOUT_SECONDS},
        hide_parameters=True,  # or an error in the log shows the row that it was about
    )


async def create_tables(engine: AsyncEngine) -> None:
    """Create the tables that are not there yet. A table that is there is left as it is, even if it is an old one."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)


def why_no_database(error: OSError | DBAPIError) -> str:
    """One line that says what is wrong with the database, without its password."""
    cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig else error
    reason = " ".join(str(cause).split()) or type(cause).__name__
    return f"DATABASE_URL: the database does not answer ({reason}). Is its server up, and is the URL right?"


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    """A session for one request. What it does not commit is rolled back."""
    async with request.app.state.sessionmaker() as session:
        yield session


# scope="function": the session ends before the answer is sent. By default it would keep its connection
# until a slow client has read the last byte.
SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]


def violated_constraint(error: IntegrityError) -> str | None:
    """The name of the constraint that refused a row, as PostgreSQL tells it."""
    name: str | None = getattr(error.orig.__cause__, "constraint_name", None) if error.orig else None
    return name
