"""The capstone on a real server and a real database, while things break. A table at the end says how it went."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from not_run import not_run, skip_unless_containers_are_wanted
from served import Served
from servers import SERVERS, Server
from writers import Notes

from course.author import lesson_runner, warm
from course.errors import NotThereError
from course.machine import ladder, ports
from course.machine.migrations import migrate
from course.stages import stage_by_id

CAPSTONE = stage_by_id("06")
COLUMNS = ("fault", "written", "503", "no answer", "slowest", "back after", "/health slowest")
ROWS = pytest.StashKey[list[tuple[str, ...]]]()

Serve = Callable[..., AbstractContextManager[Served]]
Tell = Callable[..., None]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def warm_servers() -> Iterator[None]:
    """Each test has a server of its own: they and their migrations import no libraries each."""
    with warm.pythons(re.compile(lesson_runner.PROGRAMS), lesson_runner.LIBRARIES):
        yield


@pytest.fixture(scope="session", params=["embedded"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A PostgreSQL server that may be stopped."""
    if request.param == "container":
        skip_unless_containers_are_wanted()
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COURSE_POSTGRES", raising=False)
        try:
            with SERVERS[request.param]() as server:
                yield server
        except NotThereError as error:
            not_run("this kind of server can't be started", str(error))


@pytest.fixture
def database_url(server: Server) -> Iterator[str]:
    """A new database of that server. Unlike other tests' servers it must not say that it has what it may lose."""
    with ladder.fresh_database(ladder.Server("url", server.url, "faults")) as url:
        name = url.partition("?")[0].rpartition("/")[2]
        ladder.execute(server.url, f'ALTER DATABASE "{name}" SET synchronous_commit = on')
        yield url


@pytest.fixture
def serve(database_url: str) -> Serve:
    """Serve the capstone for the length of a block, on so many workers, on a database that is migrated.

    `variables` go into its environment.
    """

    @contextmanager
    def serving(*, workers: int = 1, **variables: str) -> Iterator[Served]:
        with ports.reserved(ports.FIRST_PORT + 70) as port, Served(CAPSTONE, port, database_url, workers) as served:
            served.env["BCRYPT_ROUNDS"] = "4"
            migrate(CAPSTONE, served.env)
            served.env |= variables
            served.start()
            yield served

    return serving


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Tell:
    """Add what was noted of a fault to the table."""
    rows = request.config.stash.setdefault(ROWS, [])

    def add(fault: str, notes: Notes, *, back: float | None = None) -> None:
        seconds = [f"{value:.1f} s" if value else "" for value in (notes.slowest, back, notes.health_slowest)]
        rows.append((fault, str(len(notes.written)), str(notes.answers[503]), str(notes.dropped), *seconds))

    return add


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if rows := config.stash.get(ROWS, []):
        widths = [max(len(row[i]) for row in (COLUMNS, *rows)) for i in range(len(COLUMNS))]
        terminalreporter.section("faults survived")
        for row in (COLUMNS, *rows):
            terminalreporter.line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)))
