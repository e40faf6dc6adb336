"""Connections to PostgreSQL: how they are made, what they fail with, and how long to wait before the next try."""

import random
from collections.abc import Iterator

import asyncpg

TIMEOUT_SECONDS = 5  # for a connection, and for a statement
RETRY_SECONDS = (0.1, 2)  # how long to wait before connecting again: the first time, and at most
DATABASE_ERRORS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)  # OSError: refused, not found, timed out


async def connect(url: str, name: str) -> asyncpg.Connection:
    """A connection, known to PostgreSQL by this name. Raises one of DATABASE_ERRORS."""
    settings = {
        "application_name": name,
        "synchronous_commit": "off",  # nothing is written that a crash could lose: no commit waits for the disk
        "tcp_keepalives_idle": "15",  # so that PostgreSQL notices when a whole machine is gone
        "tcp_keepalives_interval": "5",
    }
    return await asyncpg.connect(
        url, timeout=TIMEOUT_SECONDS, command_timeout=TIMEOUT_SECONDS, server_settings=settings
    )


def growing_pauses() -> Iterator[float]:
    """Seconds to wait: each about twice the last, and never the same in two processes, or all would come at once."""
    pause, longest = RETRY_SECONDS
    while True:
        yield pause * random.uniform(0.75, 1.25)  # noqa: S311 - no secret
        pause = min(pause * 2, longest)
