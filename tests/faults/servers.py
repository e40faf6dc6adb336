"""PostgreSQL servers of the tests' own, of each kind that the ladder has, which a test may stop."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from unittest.mock import patch

from course.machine import container, embedded, ladder, ports

STOP_SECONDS = 10


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server: its URL, and how it is stopped and started again with the same URL and data."""

    url: str
    stop: Callable[[], object]
    start: Callable[[], object]


@contextmanager
def embedded_server() -> Iterator[Server]:
    """An embedded server with data of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="course-") as home,
        patch.dict(os.environ, COURSE_HOME=home),
        embedded.leased(),
    ):
        yield Server(embedded.url(), embedded.stop, embedded.start_again)


@contextmanager
def container_server() -> Iterator[Server]:
    """A container. Raises NotThereError where no Docker engine answers."""
    with (
        ports.reserved(ports.FIRST_PORT + 90) as port,
        container.running(ladder.to_stderr, port=port) as (url, owner),
    ):
        mine = container.owned_by(owner)

        def stop() -> None:
            mine.kill(signal="SIGINT")  # PostgreSQL's fast shutdown, which waits for no client
            mine.wait(timeout=STOP_SECONDS)

        yield Server(url, stop, mine.start)


SERVERS = {"embedded": embedded_server, "container": container_server}
