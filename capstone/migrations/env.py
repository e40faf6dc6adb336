"""How Alembic reaches the database: through the app's own settings, one process at a time."""

import asyncio
import logging
import sys
from typing import Any

from alembic import context
from sqlalchemy import Connection

from app.config.settings import START_FAILED, Settings, load_settings
from app.database.faults import NoDatabase
from app.database.migrations import TIMEOUTS, migrating, read_revisions
from app.models import Base

OPTIONS: dict[str, Any] = {
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
    unknown = set(context.get_context().get_current_heads()) - read_revisions().known
    if unknown and getattr(context.config.cmd_opts, "revision", None) == "head":
        # After a rollback the host migrates with the code of before, which can't tell these two cases apart.
        logging.warning(
            "The database is ahead of this code (%s): it is left as it is, for older code can live with newer tables. "
            "If no newer version was ever deployed here, DATABASE_URL names another app's database.",
            ", ".join(sorted(unknown)),
        )
        return
    with context.begin_transaction():
        context.run_migrations()


async def connect_and_run(settings: Settings) -> None:
    """Run the migrations from the command line."""
    async with migrating(settings) as connection:
        await connection.run_sync(run)


if context.is_offline_mode():
    print_sql()
else:
    logging.basicConfig(format="%(message)s")
    logging.getLogger("alembic.runtime.migration").setLevel(logging.INFO)
    try:
        asyncio.run(connect_and_run(context.config.attributes.get("settings") or load_settings()))
    except NoDatabase as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(START_FAILED)
