"""A database for test runs: the stage's tests make theirs beside it, and what a killed run leaves is cleared away."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from course.machine import ladder, processes


@contextmanager
def base_database(*, container: bool = False) -> Iterator[str]:
    """The URL of a fresh database on the ladder's server; it goes at the end, with all whose names begin with its name.

    Without `container` the ladder's second rung is left out, which would cost seconds.
    """
    with ladder.server(container=container) as found:
        name = f"course_{found.id}_{secrets.token_hex(3)}_test"
        ladder.create_database(found.url, name)
        try:
            yield found.database_url(name)
        finally:
            with processes.shielded():
                pattern = name.replace("_", r"\_") + "%"
                rows = ladder.execute(found.url, "SELECT datname FROM pg_database WHERE datname LIKE $1", pattern)
                for row in rows:
                    ladder.drop_database(found.url, row["datname"])
