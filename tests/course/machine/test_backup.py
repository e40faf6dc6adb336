"""A dump and a restore lose nothing: not what was dumped, and not what was there before."""

import asyncio
import os
import re
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import asyncpg
import pytest
from anyio import to_thread
from machine import Home

from course.errors import CourseError, UsageError
from course.machine import backup, database, embedded, ladder
from course.stages import stage_by_id

ROWS = "CREATE TABLE rows (id int); INSERT INTO rows SELECT generate_series(1, {})"


@pytest.fixture(scope="module")
def server(shared_folder: Path) -> Iterator[str]:
    """The URL of an embedded server with data of these tests' own."""
    with patch.dict(os.environ, COURSE_HOME=str(shared_folder / "backups")), embedded.leased():
        yield embedded.url()


@pytest.fixture
def url(server: str) -> Iterator[str]:
    """The URL of a database that is not there yet; what was made under its name, or beside it, goes again."""
    name = f"backup_{secrets.token_hex(4)}"
    yield ladder.with_database(server, name)
    for other in databases(server, name):
        ladder.execute(server, f'DROP DATABASE "{other}" WITH (FORCE)')


def databases(url: str, name: str) -> list[str]:
    """The databases whose names begin like this."""
    server = ladder.with_database(url, "postgres")
    return [row["datname"] for row in ladder.execute(server, "SELECT datname FROM pg_database ORDER BY 1")
            if row["datname"].startswith(name)]  # fmt: skip


def make(url: str, rows: int) -> None:
    ladder.execute(ladder.with_database(url, "postgres"), f'CREATE DATABASE "{backup.database_of(url)}"')
    for statement in ROWS.format(rows).split("; "):
        ladder.execute(url, statement)


def count(url: str) -> int:
    return int(ladder.execute(url, "SELECT count(*) FROM rows")[0]["count"])


def test_what_was_dumped_comes_back_and_what_was_there_before_is_kept(url: str, tmp_path: Path) -> None:
    file = tmp_path / "rows.dump"
    make(url, 1000)
    backup.dump(url, file)
    ladder.execute(url, "INSERT INTO rows SELECT generate_series(1, 7)")
    restored = backup.restore(url, file, replace=True)
    assert restored.rows == {"rows": 1000}
    assert count(url) == 1000
    assert restored.kept
    assert count(ladder.with_database(url, restored.kept)) == 1007
    assert databases(url, backup.database_of(url)) == sorted([backup.database_of(url), restored.kept])
    assert [each.name for each in tmp_path.iterdir()] == ["rows.dump"]


def test_a_dump_is_of_one_moment_however_much_is_written_meanwhile(url: str, tmp_path: Path) -> None:
    make(url, 1)
    ladder.execute(url, "CREATE TABLE copies (id int)")
    ladder.execute(url, "INSERT INTO copies VALUES (1)")
    done = threading.Event()

    def write_on() -> None:
        while not done.is_set():
            both = "WITH one AS (INSERT INTO rows VALUES (1)) INSERT INTO copies VALUES (1)"
            ladder.execute(url, both)

    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        backup.dump(url, tmp_path / "rows.dump")
    finally:
        done.set()
        writer.join()
    restored = backup.restore(url, tmp_path / "rows.dump", replace=True)
    assert restored.rows["rows"] == restored.rows["copies"] >= 1


def test_a_database_that_is_gone_or_empty_is_filled_without_a_question(url: str, tmp_path: Path) -> None:
    file = tmp_path / "rows.dump"
    make(url, 5)
    backup.dump(url, file)
    name = backup.database_of(url)
    for again in ("DROP DATABASE {0}", "DROP DATABASE {0}; CREATE DATABASE {0}"):
        for statement in again.format(f'"{name}"').split("; "):
            ladder.execute(ladder.with_database(url, "postgres"), statement)
        assert backup.restore(url, file, replace=False).kept is None
        assert count(url) == 5
        assert databases(url, name) == [name]


def test_a_database_with_tables_is_not_replaced_unless_that_is_meant(url: str, tmp_path: Path) -> None:
    make(url, 5)
    backup.dump(url, tmp_path / "rows.dump")
    with pytest.raises(CourseError, match=r"is not empty.*--yes"):
        backup.restore(url, tmp_path / "rows.dump", replace=False)
    assert count(url) == 5
    assert databases(url, backup.database_of(url)) == [backup.database_of(url)]


def test_a_dump_that_is_cut_short_changes_nothing(url: str, tmp_path: Path) -> None:
    make(url, 1000)
    whole, short = tmp_path / "whole.dump", tmp_path / "short.dump"
    backup.dump(url, whole)
    short.write_bytes(whole.read_bytes()[:-100])
    with pytest.raises(CourseError, match="pg_restore failed"):
        backup.restore(url, short, replace=True)
    assert count(url) == 1000
    assert databases(url, backup.database_of(url)) == [backup.database_of(url)]


async def test_whoever_is_connected_is_cut_and_finds_the_restored_one_when_they_come_back(
    url: str, tmp_path: Path
) -> None:
    await to_thread.run_sync(make, url, 5)
    await to_thread.run_sync(backup.dump, url, tmp_path / "rows.dump")
    connection, cut = await asyncpg.connect(ladder.plain(url)), asyncio.Event()
    connection.add_termination_listener(lambda _: cut.set())
    await connection.execute("BEGIN; DELETE FROM rows")
    await to_thread.run_sync(lambda: backup.restore(url, tmp_path / "rows.dump", replace=True))
    async with asyncio.timeout(10):
        await cut.wait()
    assert await to_thread.run_sync(count, url) == 5


@pytest.mark.parametrize(
    ("words", "url", "error"),
    [
        (["a.dump", "b.dump"], None, "no stage 'a.dump'"),
        (["04", "06"], None, "Name one database"),
        (["06", "a.dump"], "postgresql://localhost/blog", "Name one database"),
    ],
)
def test_words_that_name_too_much_are_refused(words: list[str], url: str | None, error: str) -> None:
    with pytest.raises(UsageError, match=error):
        database.stage_and_file(words, url)


def test_a_stage_and_a_file_come_in_whatever_order() -> None:
    for words in (["05a", "a.dump"], ["a.dump", "05a"]):
        assert database.stage_and_file(words, None) == (stage_by_id("05a"), Path("a.dump"))
    assert database.stage_and_file([], None) == (None, None)


@pytest.mark.parametrize(("content", "error"), [(None, "There is no file"), (b"-- SQL", "is no dump")])
def test_what_is_no_dump_is_refused_by_name(tmp_path: Path, content: bytes | None, error: str) -> None:
    if content:
        (tmp_path / "x").write_bytes(content)
    with pytest.raises(CourseError, match=error):
        backup.restore("postgresql://127.0.0.1:9/blog", tmp_path / "x", replace=False)


def test_no_file_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"mine")
    with pytest.raises(CourseError, match="is there already"):
        backup.dump("postgresql://127.0.0.1:9/blog", tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == b"mine"


def test_a_server_that_is_newer_than_the_tools_is_told(url: str, tmp_path: Path) -> None:
    make(url, 1)
    with patch.object(embedded, "MAJOR_VERSION", "17"), pytest.raises(CourseError, match=r"PostgreSQL 18.*of 17"):
        backup.dump(url, tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_a_stages_database_goes_into_a_file_and_comes_back(home: Home, tmp_path: Path) -> None:
    file = str(tmp_path / "mine.dump")
    with home.server():
        assert home.run("db", "reset", "05b", "--yes").returncode == 0
        assert home.run("db", "shell", "05b", stdin="CREATE TABLE mine AS SELECT 42 AS id;\n").returncode == 0
        dumped = home.run("db", "dump", "05b", file)
        assert re.fullmatch(
            rf"Dumped stage_05b into {re.escape(file)}: [\d,]+ bytes in \d+\.\d s\.\n", dumped.stdout
        ), dumped
        refused = home.run("db", "restore", file, "05b")
        assert refused.returncode == 1
        assert "--yes" in refused.stderr
        restored = home.run("db", "restore", file, "05b", "--yes")
        assert "Rows: mine 1." in restored.stdout
        [kept] = re.findall(r"kept as the database (\w+)", restored.stdout)
        statements = f"SELECT id FROM mine;\nDROP DATABASE {kept};\n"  # noqa: S608 (the course's own name)
        dropped = home.run("db", "shell", "05b", stdin=statements)
        assert "42" in dropped.stdout
        assert "DROP DATABASE" in dropped.stdout
