"""How Alembic reaches the database: through the app's own settings, one process at a time."""

import asyncio
import logging
import sys

from alembic import context
from sqlalchemy import Connection

from app.core.db import NoDatabase
from app.core.migrations import TIMEOUTS, migrating
from app.core.settings import START_FAILED, load_settings
from app.models import Base

OPTIONS = {
    "target_metadata": Base.metadata,
    "compare_server_default": True,
    "transaction_per_migration": True,
}


def print_sql() -> None:
    """Write what would be run: `alembic upgrade head --sql`. It needs no database."""
    context.configure(dialect_name="postgresql", literal_binds=True, **OPTIONS)
    with context.begin_transaction():
        for timeout in TIMEOUTS:
            context.execute(timeout)
        context.run_migrations()


def run(connection: Connection) -> None:
    """Run the migrations on an open connection."""
    context.configure(connection=connection, **OPTIONS)
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_run() -> None:
    """Run the migrations from the command line."""
    async with migrating(load_settings()) as connection:
        await connection.run_sync(run)


if context.is_offline_mode():
    print_sql()
elif connection := context.config.attributes.get("connection"):
    run(connection)  # the app migrates at its start
else:
    logging.basicConfig(format="%(message)s")
    logging.getLogger("alembic.runtime.migration").setLevel(logging.INFO)
    try:
        asyncio.run(connect_and_run())
    except NoDatabase as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(START_FAILED)
