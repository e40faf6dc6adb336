"""The pool of connections: how each is opened, straight to the server or through a pooler, and what holds on it."""

from typing import Any

from sqlalchemy import Connection, event, func, select
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.config.database_url import connection_options
from app.config.settings import Settings
from app.database.faults import check_encoding

# A prepared statement lives on one connection of the server, and a pooler lends another one to each transaction. So
# nothing is prepared for later: each statement is the unnamed one, which lasts until the next.
NOTHING_PREPARED: dict[str, Any] = {
    "statement_cache_size": 0,
    "prepared_statement_cache_size": 0,
    "prepared_statement_name_func": lambda: "",
}


def create_engine(settings: Settings) -> AsyncEngine:
    """Make the pool. It connects to nothing until somebody asks it to."""
    url, arguments = connection_options(settings.database_url.get_secret_value())
    engine = create_async_engine(
        url,
        connect_args=arguments | (NOTHING_PREPARED if settings.behind_pooler else {}),
        pool_size=settings.database_pool_size,
        max_overflow=0,  # a connection beyond the size would be opened and closed for a single request
        pool_timeout=settings.database_request_seconds,
        skip_autocommit_rollback=True,  # after a read there is nothing to roll back
        hide_parameters=True,  # an error's text goes to the log, and its parameters are people's words and hashes
    )
    event.listen(engine.sync_engine, "connect", _check)
    _limit(engine, settings)
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    event.listen(engine.sync_engine, "invalidate", _cut)
    return engine


def _limit(engine: AsyncEngine, settings: Settings) -> None:
    """Let the server itself stop what takes too long.

    The limits are set after connecting and not by it, which a pooler refuses. They hold for the connection; behind a
    pooler for one transaction, or they would be left to whoever is lent the server's connection next.
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

    def limit(dbapi_connection: Any, record: object) -> None:
        dbapi_connection.run_async(lambda connection: connection.execute(of_connection))

    if settings.behind_pooler:
        event.listen(engine.sync_engine, "begin", begin)
    else:
        event.listen(engine.sync_engine, "connect", limit)


def _check(dbapi_connection: Any, record: object) -> None:
    check_encoding(dbapi_connection.driver_connection)


def _refuse_closed(dbapi_connection: Any, record: object, proxy: object) -> None:
    """Replace a connection that the server has closed meanwhile. Unlike `pool_pre_ping` this asks nobody."""
    if dbapi_connection.driver_connection.is_closed():
        raise DisconnectionError


def _cut(dbapi_connection: Any, record: object, error: object) -> None:
    """Drop a connection that is given up. SQLAlchemy would end it in good order, and wait two seconds for an answer."""
    dbapi_connection.driver_connection.terminate()
