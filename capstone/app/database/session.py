"""The database: one pool of connections, to write with in transactions and to read with in single statements."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker

from app.database.faults import WrongEncodingError, driver_words, permanent_fault
from app.errors import Unavailable

DATABASE_ERRORS = (OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, WrongEncodingError)

# SQLSTATEs, by class or whole, that say "not now" and nothing about the statement: the connection, the login, the
# server's resources, somebody's intervention (57014 is our own statement_timeout; 55000: it lets nobody in), and locks.
TRANSIENT_SQLSTATES = ("08", "28", "3D", "40", "53", "55000", "55P03", "57", "58", "25006", "25P03")


logger = logging.getLogger(__name__)


class StalePlanError(Exception):
    """A migration changed what a prepared statement returns. The next one on any connection is prepared anew."""


class Database:
    """The pool, seen two ways.

    `transaction()` is for everything that writes. `read()` is for a single SELECT: in AUTOCOMMIT it costs one round
    trip, and a transaction would make it three. Only behind a pooler it takes one: without, the pooler may lend another
    connection of the server between the two messages of which a statement consists.
    """

    def __init__(self, engine: AsyncEngine, *, request_seconds: float, behind_pooler: bool = False) -> None:
        self.engine = engine
        self.sessionmaker = async_sessionmaker(engine, expire_on_commit=False)
        self.reading = engine if behind_pooler else engine.execution_options(isolation_level="AUTOCOMMIT")
        self.request_seconds = request_seconds
        self._reported: set[str] = set()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session in a transaction: committed at the end of the block, rolled back if the block raises."""
        async with self._within_time():
            session = self.sessionmaker()
            try:
                yield session
                await session.commit()
            finally:
                # Not by `async with`, which lets nothing interrupt its end: a server that has gone silent would hold
                # the commit up for ever.
                await session.close()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A connection on which each statement stands for itself."""
        async with self._within_time():
            connection = await self.reading.connect()
            try:
                yield connection
            finally:
                # Not by `async with`, which makes a task of it: without a transaction to end, there is nothing to wait
                # for that could be interrupted, and the task costs as much as a third of the query.
                await connection.close()

    def report(self, error: BaseException) -> str | None:
        """Return what is wrong if trying again can't help. The first time it is logged, in the driver's own words."""
        if (fault := permanent_fault(error)) is None:
            return None
        what, fix = fault
        if what not in self._reported:
            self._reported.add(what)
            fix = fix.format(database=self.engine.url.database, role=self.engine.url.username)
            logger.error("The database will not do, %s: %s. %s", what, driver_words(error), fix)
        return what

    @asynccontextmanager
    async def _within_time(self) -> AsyncIterator[None]:
        """Turn every way in which a database can be away, full or held up into Unavailable, and wait only so long.

        Raises Unavailable, and StalePlanError.
        """
        try:
            async with asyncio.timeout(self.request_seconds):
                yield
        except DATABASE_ERRORS as error:
            if isinstance(getattr(error, "orig", None), AsyncAdapt_asyncpg_dbapi.InvalidCachedStatementError):
                raise StalePlanError from error
            if what := self.report(error):
                raise Unavailable(f"The database will not do: {what}.") from error
            if is_transient(error):
                raise Unavailable from error
            raise


def is_transient(error: BaseException) -> bool:
    """Say whether the database, and not the statement, is to blame, so that trying again may help."""
    # A database that refuses the connection arrives as a bare ConnectionRefusedError or FileNotFoundError: an OSError,
    # as TimeoutError is.
    if isinstance(error, OSError | NoConnectionLeft | asyncpg.InterfaceError):
        return True
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        state = getattr(error.orig, "sqlstate", None)
    else:
        state = getattr(error, "sqlstate", None)
    return state is not None and state.startswith(TRANSIENT_SQLSTATES)


def violated_constraint(error: IntegrityError) -> str | None:
    """Return the name of the constraint that the database says was broken."""
    cause = error.orig.__cause__ if error.orig else None
    return getattr(cause, "constraint_name", None)
