"""The pool of connections: how each is opened, straight to the server or through a pooler, and what holds on it."""

import ssl
from typing import Any

from pydantic import SecretStr
from pydantic_core import from_json
from sqlalchemy import Connection, NullPool, event, func, make_url, select
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.config.settings import Settings
from app.database.faults import WrongEncoding

CONNECT_TIMEOUT_SECONDS = 5
# A prepared statement lives on one connection of the server, and a pooler lends another one to each transaction. So
# nothing is prepared for later: each statement is the unnamed one, which lasts until the next.
NOTHING_PREPARED: dict[str, Any] = {
    "statement_cache_size": 0,
    "prepared_statement_cache_size": 0,
    "prepared_statement_name_func": lambda: "",
}


def connect_args(url: SecretStr, **arguments: Any) -> dict[str, Any]:
    """Return these arguments for asyncpg's `connect`, and whom to believe if the URL asks for a verified server."""
    mode = make_url(url.get_secret_value()).query.get("ssl")
    if mode not in ("verify-ca", "verify-full"):
        return arguments
    context = ssl.create_default_context()  # the system's authorities, where libpq would look for a file of one's own
    context.check_hostname = mode == "verify-full"
    return arguments | {"ssl": context}


def make_engine(settings: Settings) -> AsyncEngine:
    """Return a pool of connections to the database of the settings. It connects to nothing yet."""
    url, seconds = settings.database_url, settings.database_request_seconds
    prepared = NOTHING_PREPARED if settings.behind_pooler else {}
    engine = create_async_engine(
        url.get_secret_value(),
        connect_args=connect_args(url, timeout=seconds, command_timeout=seconds, **prepared),
        pool_size=settings.database_pool_size,
        max_overflow=0,  # a connection beyond the size would be opened and closed for a single request
        pool_timeout=seconds,
        skip_autocommit_rollback=True,  # after a read there is nothing to roll back
        json_deserializer=from_json,  # the quickest there is: each row has its author as JSON
        hide_parameters=True,  # or an error in the log shows the row that it was about
    )
    event.listen(engine.sync_engine, "connect", check_encoding)
    limit(engine, settings)
    event.listen(engine.sync_engine, "checkout", refuse_closed)
    event.listen(engine.sync_engine, "invalidate", cut)
    return engine


def make_direct_engine(settings: Settings, application_name: str) -> AsyncEngine:
    """Return a way past a pooler, to connections of one's own, for what belongs to a connection."""
    arguments = {"timeout": CONNECT_TIMEOUT_SECONDS, "server_settings": {"application_name": application_name}}
    engine = create_async_engine(
        settings.direct_url.get_secret_value(),
        connect_args=connect_args(settings.direct_url, **arguments, **NOTHING_PREPARED),
        poolclass=NullPool,
    )
    event.listen(engine.sync_engine, "connect", check_encoding)
    return engine


def check_encoding(dbapi_connection: Any, record: object) -> None:
    """Refuse a connection to a database that can't hold every text. Raises WrongEncoding."""
    encoding = dbapi_connection.driver_connection.get_settings().server_encoding
    if encoding != "UTF8":
        raise WrongEncoding(f"the database's encoding is {encoding}")


def limit(engine: AsyncEngine, settings: Settings) -> None:
    """Let the server itself stop what takes too long, on each connection; behind a pooler, in each transaction.

    The limits are set after connecting and not by it, which a pooler refuses.
    """
    limits = {
        "statement_timeout": f"{settings.database_statement_seconds * 1000:.0f}",
        "lock_timeout": f"{settings.database_lock_seconds * 1000:.0f}",
        "jit": "off",  # compiling a query pays off for reports, and takes longer than any of ours
        "enable_seqscan": "off",  # an index serves each of ours; a search that finds most posts must not read them all
    }
    of_transaction = select(*(func.set_config(name, value, True) for name, value in limits.items()))
    of_connection = ";".join(f"SET {name} = {value}" for name, value in limits.items())

    def begin(connection: Connection) -> None:
        connection.execute(of_transaction)

    def connect(dbapi_connection: Any, record: object) -> None:
        dbapi_connection.run_async(lambda connection: connection.execute(of_connection))

    if settings.behind_pooler:
        event.listen(engine.sync_engine, "begin", begin)
    else:
        event.listen(engine.sync_engine, "connect", connect)


def refuse_closed(dbapi_connection: Any, record: object, proxy: object) -> None:
    """Replace a connection that the server has closed meanwhile. Unlike `pool_pre_ping` this asks nobody."""
    if dbapi_connection.driver_connection.is_closed():
        raise DisconnectionError


def cut(dbapi_connection: Any, record: object, error: object) -> None:
    """Drop a connection that is given up. SQLAlchemy would end it in good order, and wait two seconds for an answer."""
    dbapi_connection.driver_connection.terminate()
