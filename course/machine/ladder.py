"""The ladder: where PostgreSQL comes from on this machine, first match wins.

1. *url*: the server of DATABASE_URL, used as it is.
2. *container*: a throw-away `postgres:18` container, where a Docker engine answers.
3. *embedded*: the server out of a Python package, whose data lie in `.course/`.

COURSE_POSTGRES=url, container or embedded forces one. What needs its data tomorrow (`run`, `start`, `lab`) has no use
for the container and leaves it out.
"""

from __future__ import annotations

import os
import re
import secrets
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from course.errors import CourseError, NotThereError, UsageError
from course.machine import embedded, processes

ASKED = "COURSE_POSTGRES_ASKED"  # says below what COURSE_POSTGRES was for the outermost call
RUNGS = ("url", "container", "embedded")
CONNECT_SECONDS = 10
OWN = "unset it, and the course brings a server of its own"
BESIDE_CHARACTERS = 31  # of a name, which has at most 63 bytes: tests add to it once more
TEST_NAME = re.compile(r"[a-z0-9_]+_test")


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server that is up."""

    rung: str
    url: str  # of the database to connect to before there is another
    id: str  # part of the names of what is made on it

    def database_url(self, name: str) -> str:
        return with_database(self.url, name)


@contextmanager
def server(*, container: bool = True, say: Callable[[str], object] | None = None) -> Iterator[Server]:
    """Climb the ladder, and keep the server up for the length of the block.

    `say` is told what takes long and why a rung was passed over. Raises CourseError if no rung holds, or not the one
    that COURSE_POSTGRES forces.
    """
    say = say or to_stderr
    match forced_rung() or first_rung(container=container, say=say):
        case "url":
            with given() as found:
                yield found
        case "container":
            from course.machine import container as docker

            with docker.running(say) as (url, owner):
                yield Server("container", url, owner)
        case _:
            with _embedded(say) as found:
                yield found


@contextmanager
def fresh_database(
    found: Server | None = None,
    *,
    container: bool = False,
    say: Callable[[str], object] | None = None,
    template: str | None = None,
) -> Iterator[str]:
    """The URL of a new database for tests; at the end it goes, and with it those that tests made beside it.

    It is made on the server that is given, or else on the ladder's, as a copy of the database `template` if there is
    one. Raises CourseError if it can't be made.
    """
    import asyncpg

    with nullcontext(found) if found else server(container=container, say=say) as on:
        name = f"{_prefix(on)}_{secrets.token_hex(3)}_test"
        try:
            try:
                create_database(on.url, name, template)
            except asyncpg.PostgresError as error:
                raise CourseError(f"A database can't be made at {without_password(on.url)}: {error}.") from error
            yield on.database_url(name)
        finally:
            with processes.shielded(), suppress(CourseError):  # the server may have gone
                _drop_all_beginning_with(on.url, name)


def given_or_fresh(found: Server) -> AbstractContextManager[str]:
    """What DATABASE_URL names, as it is; on the other rungs a new database for tests."""
    return nullcontext(found.url) if found.rung == "url" else fresh_database(found)


def _prefix(found: Server) -> str:
    """How the names of databases on a server begin: by who made them, or beside a given one by its name."""
    if found.rung != "url":
        return f"course_{found.id}"
    beside = urlsplit(plain(found.url)).path.removeprefix("/")
    return re.sub(r"[^a-z0-9_]", "_", beside.lower())[:BESIDE_CHARACTERS]


def databases_beside(url: str) -> list[str]:
    """The databases of tests that were made beside the one in `url`, and itself if it is one: none of other runs."""
    return _beginning_with(url, _prefix(Server("url", url, "given")))


def _drop_all_beginning_with(url: str, prefix: str) -> None:
    """Drop the databases of tests whose names begin so: a test run that is killed leaves its own behind."""
    for name in _beginning_with(url, prefix):
        drop_database(url, name)


def _beginning_with(url: str, prefix: str) -> list[str]:
    """The names of the databases of tests that begin so."""
    rows = execute(url, "SELECT datname FROM pg_database WHERE starts_with(datname, $1)", prefix)
    return [row["datname"] for row in rows if TEST_NAME.fullmatch(row["datname"])]


def stage_database(found: Server, stage_id: str) -> str:
    """The URL of a stage's own database, which is made if need be and kept; what DATABASE_URL names, on that rung."""
    if found.rung == "url":
        return found.url
    import asyncpg

    name = stage_database_name(stage_id)
    # No look first: another call may make it meanwhile. Two that make it at once meet in the catalogue's own index.
    with suppress(asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):
        execute(found.url, f'CREATE DATABASE "{name}"')
    return found.database_url(name)


def stage_database_name(stage_id: str) -> str:
    return f"stage_{stage_id}"


def create_database(url: str, name: str, template: str | None = None) -> None:
    """Create a database for tests beside the one in `url`, as a copy of `template` if there is one.

    Raises CourseError unless its name ends in `_test`.
    """
    _refuse_unless_test(name)
    execute(url, f'CREATE DATABASE "{name}" TEMPLATE "{template or "template1"}"')


def drop_database(url: str, name: str) -> None:
    """Drop a database of tests, whoever is connected to it. Raises CourseError unless its name ends in `_test`."""
    _refuse_unless_test(name)
    execute(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _refuse_unless_test(name: str) -> None:
    if not TEST_NAME.fullmatch(name):
        raise CourseError(f"Tests touch only databases whose name ends in _test, in lower case, and this is {name!r}.")


def forced_rung() -> str | None:
    """The rung that COURSE_POSTGRES forces. Raises UsageError for a value that is none."""
    forced = os.environ.get("COURSE_POSTGRES", "")
    if forced and forced not in RUNGS:
        raise UsageError(f"COURSE_POSTGRES is {forced!r}; it may be url, container or embedded, or not set at all.")
    return forced or None


def first_rung(*, container: bool, say: Callable[[str], object]) -> str:
    """The first rung that holds here."""
    if os.environ.get("DATABASE_URL"):
        return "url"
    if container:
        from course.machine import container as docker

        try:
            docker.prepare(say)
        except NotThereError as error:
            say(f"{error.why}: the embedded PostgreSQL server is used instead.")
        else:
            return "container"
    return "embedded"


@contextmanager
def given() -> Iterator[Server]:
    """The server of DATABASE_URL. Raises CourseError, with what to do, if it is none, or not there."""
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        raise CourseError("COURSE_POSTGRES is url, but DATABASE_URL is not set: set it to a PostgreSQL server's URL.")
    if "://" in url and plain(url).partition("://")[0] not in ("postgres", "postgresql"):
        raise CourseError(
            f"DATABASE_URL begins with {url.partition(':')[0]}:, and the course needs PostgreSQL: set it to "
            f"postgresql://..., or {OWN}."
        )
    try:
        execute(url, "SELECT 1")
    except CourseError as error:
        raise CourseError(f"{error} It is named by DATABASE_URL: set that right, or {OWN}.") from error
    yield Server("url", url, "given")


@contextmanager
def _embedded(say: Callable[[str], object]) -> Iterator[Server]:
    with embedded.leased(say) as lease_id:
        embedded.clear_dead_leases(lambda dead: _drop_all_beginning_with(embedded.url(), f"course_{dead}_"))
        yield Server("embedded", embedded.url(), lease_id)


def execute(url: str, statement: str, *arguments: object) -> list[Any]:
    """Run one SQL statement outside a transaction, and return its rows.

    Raises CourseError if the server can't be reached; what PostgreSQL itself objects to is passed on.
    """
    import asyncio

    import asyncpg

    async def run() -> list[Any]:
        connection = await asyncpg.connect(plain(url), timeout=CONNECT_SECONDS)
        try:
            return list(await connection.fetch(statement, *arguments))
        finally:
            await connection.close()

    try:
        return asyncio.run(run())
    except ValueError:  # its text may be the password
        raise CourseError("The database's URL is none of the form postgresql://USER:PASSWORD@HOST:5432/NAME.") from None
    except (
        *(OSError, TimeoutError),
        *(asyncpg.InvalidAuthorizationSpecificationError, asyncpg.PostgresConnectionError),
        *(asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError),
    ) as error:
        reason = str(error) or "no answer"
        raise CourseError(f"The database at {without_password(url)} can't be reached: {reason}.") from error
    except asyncpg.InvalidCatalogNameError as error:
        raise CourseError(f"DATABASE_URL names a database that is not there ({error}): create it first.") from error


def plain(url: str) -> str:
    """A URL as asyncpg reads it: without SQLAlchemy's driver, and without what only libpq knows."""
    scheme, _, rest = url.partition("://")
    address, mark, query = rest.partition("?")
    kept = [(key, value) for key, value in parse_qsl(query) if key != "channel_binding"]
    return f"{scheme.partition('+')[0]}://{address}" + (mark + urlencode(kept, safe="/") if kept else "")


def with_database(url: str, name: str) -> str:
    """The URL of another database of the same server."""
    scheme, _, rest = url.partition("://")
    address, mark, query = rest.partition("?")
    return f"{scheme}://{address.partition('/')[0]}/{quote(name)}{mark}{query}"


def without_password(url: str) -> str:
    """A URL that can be shown. What a password may not hold unescaped, such as @ and /, does not uncover it."""
    shown = re.sub(r"(://[^:/?@]*:).*@", r"\1***@", url)
    return re.sub(r"([?&]password=)[^&]*", r"\1***", shown)


def to_stderr(text: str) -> None:
    """Tell the user something without getting into the way of a command's output."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def on(url: str, base: dict[str, str]) -> dict[str, str]:
    """A child's environment with DATABASE_URL set: it takes that server, and climbs no ladder."""
    asked = {ASKED: os.environ.get("COURSE_POSTGRES", "")}
    return {**asked, **base, "DATABASE_URL": url, "COURSE_POSTGRES": "url"}
