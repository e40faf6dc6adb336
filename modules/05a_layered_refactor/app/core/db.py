"""The database: one engine for the whole app, and what the database's errors mean."""

import os

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.core.settings import Settings

CONNECT_TIMEOUT_SECONDS = 5
DEADLOCK = "40P01"  # PostgreSQL's code for it: appendix A of its manual
# What no second try changes, by the same codes, and its fix.
GRANT = "As the database's owner run: GRANT USAGE, CREATE ON SCHEMA public TO {role}"
FIXES = {
    "08P01": "A pooler may stand before it: set DATABASE_DIRECT_URL to the address of the database itself",
    "25006": "Give the address of the server that takes writes",
    "3F000": GRANT,
    "42501": GRANT,
}
# A prepared statement goes stale when its table is altered, and a pooler lends another connection to each transaction.
# So nothing is prepared for later: each statement is the unnamed one, which lasts until the next.
NOTHING_PREPARED = {
    "statement_cache_size": 0,
    "prepared_statement_cache_size": 0,
    "prepared_statement_name_func": lambda: "",
}


class NoDatabase(Exception):  # noqa: N818 (named for what happened, as the errors in errors.py)
    """The database can't be used. The message is one line for whoever starts the app."""


def make_engine(settings: Settings) -> AsyncEngine:
    """Return a pool of connections to the database of the settings. It connects to nothing yet."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]  # the driver would obey PGPORT, PGSSLMODE and their like
    return create_async_engine(
        settings.database_url.get_secret_value(),
        pool_pre_ping=True,  # a connection that the server has dropped is replaced, not handed out
        connect_args={"timeout": CONNECT_TIMEOUT_SECONDS, **NOTHING_PREPARED},
        hide_parameters=True,  # or an error in the log shows the row that it was about
    )


def fix_for(error: BaseException, url: URL) -> str | None:
    """What to do about an error that no second try changes, if it is one."""
    fix = FIXES.get(getattr(getattr(error, "orig", None), "sqlstate", None) or "")
    return fix and fix.format(role=f'"{url.username}"')


def why_no_database(error: OSError | DBAPIError, url: URL, variable: str = "DATABASE_URL") -> str:
    """One line that says what is wrong with the database, without its password."""
    cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig else error
    reason = " ".join(str(cause).split()) or type(cause).__name__
    if fix := fix_for(error, url):
        return f"{variable}: the database refuses ({reason}). {fix}"
    return f"{variable}: the database does not answer ({reason}). Is its server up, and is the URL right?"


def violated_constraint(error: DBAPIError) -> str | None:
    """The name of the constraint that refused a row, as PostgreSQL tells it."""
    name: str | None = getattr(error.orig.__cause__, "constraint_name", None) if error.orig else None
    return name


def is_deadlock(error: DBAPIError) -> bool:
    """Whether two transactions waited for each other, and PostgreSQL ended this one."""
    return getattr(error.orig, "sqlstate", None) == DEADLOCK
