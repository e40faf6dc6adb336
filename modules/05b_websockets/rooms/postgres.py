"""Connections to PostgreSQL: how they are made, what they fail with, and how long to wait before the next try."""

# ruff: noqa: N818 (named for what happened, as in module 4)

import random
from collections.abc import Iterator
from urllib.parse import urlsplit

import asyncpg

TIMEOUT_SECONDS = 5  # for a connection, and for a statement
RETRY_SECONDS = (0.1, 2)  # how long to wait before connecting again: the first time, and at most
# OSError: refused, not found, timed out. InternalClientError: used in the moment in which the server ended it.
DATABASE_ERRORS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
# What no second try changes, by PostgreSQL's code for it (appendix A of its manual), and its fix.
GRANT = "As the database's owner run: GRANT USAGE, CREATE ON SCHEMA public TO {role}"
FIXES = {
    "08P01": "A pooler may stand before it: set DATABASE_DIRECT_URL to the address of the database itself",
    "25006": "Give the address of the server that takes writes",
    "3F000": GRANT,
    "42501": GRANT,
}


class NoDatabase(Exception):
    """The database can never be used. The message is one line for whoever starts the app."""


def refuse_unusable(error: Exception, url: str) -> None:
    """Raise NoDatabase if no second try changes this error."""
    if fix := FIXES.get(getattr(error, "sqlstate", None) or ""):
        reason = " ".join(str(error).split())
        fix = fix.format(role=f'"{urlsplit(url).username}"')
        raise NoDatabase(f"DATABASE_URL: the database refuses ({reason}). {fix}") from error


async def connect(url: str, name: str) -> asyncpg.Connection:
    """A connection, known to PostgreSQL by this name. Raises one of DATABASE_ERRORS, and NoDatabase."""
    settings = {
        "application_name": name,
        "synchronous_commit": "off",  # nothing is written that a crash could lose: no commit waits for the disk
        "tcp_keepalives_idle": "15",  # so that PostgreSQL notices when a whole machine is gone
        "tcp_keepalives_interval": "5",
    }
    connection = await asyncpg.connect(
        url, timeout=TIMEOUT_SECONDS, command_timeout=TIMEOUT_SECONDS, server_settings=settings
    )
    encoding = connection.get_settings().server_encoding
    if encoding != "UTF8":
        connection.terminate()
        raise NoDatabase(
            f"DATABASE_URL: the database is in {encoding}, which can't hold every text. "
            "Make another one: CREATE DATABASE ... TEMPLATE template0 ENCODING 'UTF8'"
        )
    return connection


def growing_pauses() -> Iterator[float]:
    """Seconds to wait: each about twice the last, and never the same in two processes, or all would come at once."""
    pause, longest = RETRY_SECONDS
    while True:
        yield pause * random.uniform(0.75, 1.25)  # noqa: S311 - no secret
        pause = min(pause * 2, longest)
