"""`course db dump` and `course db restore`: a database as one file, and such a file as a database again.

pg_dump and pg_restore are those of the embedded server's package. A dump is what the database was at one moment,
however much is written meanwhile. A restore fills a new database beside the old one, and then they change names: until
then nothing has happened to the old one, and afterwards it is still there.
"""

import asyncio
import secrets
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from course import environment
from course.errors import CourseError
from course.machine import embedded, ladder, processes, reasons

BEGINNING = b"PGDMP"  # of each file in pg_dump's own format
CUT_SECONDS = 0.1  # between two attempts to cut the connections of a database that is renamed
NAME_BYTES = 63
TABLES = """
SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) AS path, tablename AS name FROM pg_tables
WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY tablename
"""
CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1"


@dataclass(frozen=True)
class Restored:
    """What came of a restore: how many rows each table has, and the name under which the database of before is kept."""

    rows: dict[str, int]
    kept: str | None

    def __str__(self) -> str:
        return f"Rows: {', '.join(f'{name} {rows:,}' for name, rows in self.rows.items()) or 'no table'}."


def moment() -> str:
    """The time, for a name."""
    return f"{datetime.now(UTC):%Y%m%d_%H%M%S}"


def database_of(url: str) -> str:
    """The name of the database in a URL. Raises CourseError if there is none."""
    if name := unquote(urlsplit(url).path.strip("/")):
        return name
    raise CourseError(f"{ladder.without_password(url)} names no database: add its name after the last slash.")


def dump(url: str, file: Path) -> None:
    """Write a database into a new file, which is there once it is whole. Raises CourseError."""
    if file.exists():
        raise CourseError(f"{file} is there already: name another file, or remove it.")
    _check_version(url)
    unfinished = file.with_name(f"{file.name}.{secrets.token_hex(3)}")
    try:
        _run("pg_dump", url, ["--format=custom", f"--file={unfinished}"])
        unfinished.rename(file)
    finally:
        unfinished.unlink(missing_ok=True)


def restore(url: str, file: Path, *, replace: bool) -> Restored:
    """Make the database of a URL what it was when the file was dumped; `replace` one that has tables.

    Raises CourseError, and then the database is as it was.
    """
    _check_file(file)
    name = database_of(url)
    there = bool(_ask(_beside(url), "SELECT 1 FROM pg_database WHERE datname = $1", name))
    filled = there and bool(_ask(url, TABLES))
    if filled and not replace:
        raise CourseError(
            f"The database {name} is not empty: say that you mean it, with --yes. It is kept under another name."
        )
    fresh = f"{name[: NAME_BYTES - 16]}_new_{secrets.token_hex(4)}"
    _ask(_beside(url), f'CREATE DATABASE "{fresh}" TEMPLATE template0')
    try:
        new = ladder.with_database(url, fresh)
        _run("pg_restore", new, ["--exit-on-error", "--no-owner", "--no-privileges", str(file)])
        _ask(new, "ANALYZE")  # a dump holds no statistics, and without them the first queries are planned blindly
        rows = {each["name"]: _count(new, each["path"]) for each in _ask(new, TABLES)}
        kept = f"{name[: NAME_BYTES - 23]}_before_{moment()}" if there else None
        with processes.shielded():
            asyncio.run(_swap(_beside(url), name, fresh, kept))
    except BaseException:
        with processes.shielded():
            _ask(_beside(url), f'DROP DATABASE IF EXISTS "{fresh}" WITH (FORCE)')
        raise
    if kept and not filled:
        _ask(_beside(url), f'DROP DATABASE "{kept}" WITH (FORCE)')
    return Restored(rows, kept if filled else None)


async def _swap(url: str, name: str, fresh: str, kept: str | None) -> None:
    """Give a fresh database the name, in one transaction with the old one's new name.

    A database is renamed once nobody is connected to it. The first ALTER waits for that, and whoever comes meanwhile
    waits for the ALTER: so those that are left are cut, and no others come.
    """
    import asyncpg

    renamer, cutter = [await asyncpg.connect(ladder.plain(url), timeout=ladder.CONNECT_SECONDS) for _ in range(2)]
    try:

        async def rename() -> None:
            async with renamer.transaction():
                if kept:
                    await renamer.execute(f'ALTER DATABASE "{name}" RENAME TO "{kept}"')
                await renamer.execute(f'ALTER DATABASE "{fresh}" RENAME TO "{name}"')

        renaming = asyncio.create_task(rename())
        while not (await asyncio.wait({renaming}, timeout=CUT_SECONDS))[0]:
            await cutter.execute(CUT, name)
        await renaming
    except asyncpg.PostgresError as error:
        raise CourseError(f"The database {name} can't change its name: {error}.") from error
    finally:
        for connection in (renamer, cutter):
            connection.terminate()


def _count(url: str, table: str) -> int:
    return int(_ask(url, f"SELECT count(*) FROM {table}")[0]["count"])  # noqa: S608 (PostgreSQL has quoted it)


def _beside(url: str) -> str:
    """The URL of a database of the same server that is always there, and is another one."""
    return ladder.with_database(url, "template1" if database_of(url) == "postgres" else "postgres")


def _ask(url: str, statement: str, *arguments: object) -> list[dict[str, Any]]:
    """Run a statement. What the server refuses is told in one sentence."""
    import asyncpg

    try:
        return [dict(row) for row in ladder.execute(url, statement, *arguments)]
    except asyncpg.PostgresError as error:
        raise CourseError(f"The server at {ladder.without_password(url)} refuses: {error}.") from error


def _check_file(file: Path) -> None:
    if not file.is_file():
        raise CourseError(f"There is no file {file}: `course db dump` makes one.")
    with file.open("rb") as opened:
        if opened.read(len(BEGINNING)) != BEGINNING:
            raise CourseError(f"{file} is no dump: give a file that `course db dump`, or `pg_dump -Fc`, has made.")


def _check_version(url: str) -> None:
    [row] = _ask(url, "SELECT current_setting('server_version_num')::int / 10000 AS major")
    if row["major"] > int(embedded.MAJOR_VERSION):
        raise CourseError(
            f"The server is PostgreSQL {row['major']}, and the course's pg_dump is of {embedded.MAJOR_VERSION}, which "
            "reads no newer one: use the server's own pg_dump, with -Fc."
        )


def _run(program: str, url: str, arguments: Sequence[str]) -> None:
    """Run one of PostgreSQL's programs on a database. The password goes by the environment: a command can be read."""
    parts = urlsplit(ladder.plain(url))
    options = dict(parse_qsl(parts.query))
    password = options.pop("password", unquote(parts.password or ""))
    login, at, host = parts.netloc.rpartition("@")
    shown = parts._replace(netloc=login.partition(":")[0] + at + host, query=urlencode(options, safe="/"))
    own = {"PGCONNECT_TIMEOUT": str(ladder.CONNECT_SECONDS), "PGPASSWORD": password}
    env = environment.child(**own)
    with tempfile.TemporaryDirectory(prefix="course-backup-") as folder:
        log = Path(folder) / "log"
        command: list[str | Path] = [embedded.program(program), f"--dbname={shown.geturl()}", *arguments]
        if processes.run_apart(command, log=log, env=env):
            why = reasons.of(log.read_text(encoding="utf-8", errors="replace"))
            raise CourseError(f"{program} failed: {why}.")
