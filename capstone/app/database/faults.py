"""What the database's errors mean: it is away for now, it will never do, or a row is refused."""

# ruff: noqa: N818 (named for what happened, as the errors in errors.py)

import getpass
import logging
import socket
import ssl

import asyncpg
from sqlalchemy import URL
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

# SQLSTATEs, by class or whole, that say "not now" and nothing about the statement: the connection, the login, the
# server's resources, somebody's intervention (57014 is our own statement_timeout; 55000: it lets nobody in), and locks.
TRANSIENT_SQLSTATES = ("08", "28", "3D", "40", "53", "55000", "55P03", "57", "58", "25006", "25P03")

# What lasts until somebody mends the database, by the beginning of the SQLSTATE: what is wrong, and its fix. A
# connection's start or a missing right leads to it, and no request of a client.
GRANT = 'GRANT USAGE, CREATE ON SCHEMA public TO "{role}", or make it the owner of the tables'
FIXES = {
    "08P01": ("it refuses a start-up parameter", "A pooler may stand before it: set DATABASE_DIRECT_URL"),
    "28": ("it refuses the user or the password", "Put right what stands before the @ in its address"),
    "3D": ("there is no database of this name", "CREATE DATABASE \"{database}\" ENCODING 'UTF8'"),
    "3F000": ("the role lacks a right", GRANT),
    "42501": ("the role lacks a right", GRANT),
}
READ_ONLY = ("the server is read-only", "Name the server that takes writes, or wait until this one does")
NO_TLS = ("it can't be reached with the TLS that is asked for", "Put right sslmode in its address")
NO_HOST = ("its host's name is not known", "Put right the host in its address")
ENCODING = (
    "its encoding is not UTF8",
    "CREATE DATABASE \"{database}_utf8\" ENCODING 'UTF8' TEMPLATE template0, and use that",
)

logger = logging.getLogger(__name__)


class NoDatabase(Exception):
    """The database can't be used. The message is one line for whoever starts the app."""


class WrongEncoding(NoDatabase):
    """The database can't hold every text."""


# OSError: refused, not found, timed out. The driver's own, where SQLAlchemy has not made one of its own of it.
DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, AsyncAdapt_asyncpg_dbapi.Error)
DATABASE_ERRORS = (OSError, SQLAlchemyError, NoDatabase, *DRIVER_ERRORS)


def driver_error(error: BaseException) -> BaseException:
    """Return what the driver raised, out of what SQLAlchemy made of it."""
    original = getattr(error, "orig", None) or error
    return original if isinstance(original, TimeoutError) else original.__cause__ or original  # its cause is asyncio's


def sqlstate(error: BaseException) -> str:
    """Return PostgreSQL's code for an error (appendix A of its manual), or nothing."""
    return getattr(driver_error(error), "sqlstate", None) or ""


def fix_for(error: BaseException) -> tuple[str, str] | None:
    """Return what is wrong with the database and what to do, if trying again can't help; else None."""
    match error := driver_error(error):
        case WrongEncoding():
            return ENCODING
        case ssl.SSLError():
            return NO_TLS
        case socket.gaierror():
            return None if error.errno == socket.EAI_AGAIN else NO_HOST
        case ConnectionError() if "rejected SSL" in str(error):
            return NO_TLS
    return next((fix for start, fix in FIXES.items() if sqlstate(error).startswith(start)), None)


def why_no_database(error: BaseException, url: URL) -> str:
    """Return one line that says what is wrong with the database, in the driver's own words, and what to do."""
    cause = driver_error(error)
    reason = " ".join(str(cause).split()) or type(cause).__name__
    if fault := fix_for(error) or (READ_ONLY if sqlstate(error) == "25006" else None):
        what, fix = fault
        fix = fix.format(database=url.database, role=url.username or getpass.getuser())
        return f"The database will not do, {what}: {reason}. {fix}."
    return f"The database does not answer, or is held up: {reason}. Try again when it is there."


def report(error: BaseException, url: URL, reported: set[str]) -> str | None:
    """Return what is wrong if trying again can't help. The first time it is logged, in the driver's own words."""
    if (fault := fix_for(error)) is None:
        return None
    if fault[0] not in reported:
        reported.add(fault[0])
        logger.error(why_no_database(error, url))
    return fault[0]


def is_transient(error: BaseException) -> bool:
    """Say whether the database, and not the statement, is to blame, so that trying again may help."""
    if isinstance(error, OSError | NoConnectionLeft | asyncpg.InterfaceError):
        return True
    cut = isinstance(error, DBAPIError) and error.connection_invalidated
    return cut or sqlstate(error).startswith(TRANSIENT_SQLSTATES)


def is_stale_plan(error: BaseException) -> bool:
    """Say whether a migration changed what a prepared statement returns. The next one is prepared anew."""
    return isinstance(getattr(error, "orig", None), AsyncAdapt_asyncpg_dbapi.InvalidCachedStatementError)


def violated_constraint(error: DBAPIError) -> str | None:
    """Return the name of the constraint that refused a row, as PostgreSQL tells it."""
    name: str | None = getattr(driver_error(error), "constraint_name", None)
    return name
