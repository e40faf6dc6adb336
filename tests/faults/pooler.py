"""PgBouncer in front of a database, in either mode of pooling; without it these tests are not run."""

from collections.abc import Iterator
from contextlib import contextmanager

from not_run import not_run

from course.errors import NotThereError
from course.machine import pooler


@contextmanager
def pooled(database_url: str, *, mode: str, size: int) -> Iterator[str]:
    """The URL of the database through a pooler that has so many connections to it."""
    try:
        pooler.program()
    except NotThereError as error:
        not_run(error.why, "install the package pgbouncer")
    with pooler.pooled(database_url, mode=mode, size=size) as url:
        yield url
