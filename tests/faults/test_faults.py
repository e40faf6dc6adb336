"""Faults survived, under people who write on and on.

In each: what was acknowledged is there afterwards, and nothing is there twice; what was refused was told to try again,
soon; and once the fault is over, so are the refusals, without a restart.
"""

import asyncio
import sys
import time
from collections import Counter

import asyncpg
import pytest
from anyio import to_thread
from conftest import CAPSTONE, Serve, Tell
from served import PATIENT
from servers import Server
from writers import Notes, until, writing

from course.machine import ladder

ANSWER_SECONDS = 5
BACK_SECONDS = 2
END_SECONDS = 10
SLOW_INSERTS = """
CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(1); RETURN NEW; END';
CREATE TRIGGER linger BEFORE INSERT ON comments FOR EACH ROW WHEN (NEW.body LIKE 'slow%') EXECUTE FUNCTION linger();
"""
CUT_ALL = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


async def assert_survived(notes: Notes, database_url: str, *, dropped: bool = False) -> None:
    """What the writers were told is what the database holds, and they were told nothing that they could not bear."""
    assert notes.wrong == []
    assert notes.slowest < ANSWER_SECONDS
    assert notes.health_slowest < BACK_SECONDS
    assert dropped or notes.dropped == 0
    connection = await asyncpg.connect(ladder.plain(database_url))
    try:
        rows = {row["id"]: row["body"] for row in await connection.fetch("SELECT id, body FROM comments")}
    finally:
        await connection.close()
    lost = {id_: text for id_, text in notes.written.items() if rows.get(id_) != text}
    assert lost == {}
    twice = [text for text, times in Counter(rows.values()).items() if times > 1]
    assert twice == []


async def back_to_writing(notes: Notes) -> float:
    """Wait until people write as before, and return how many seconds it took until the first of them could."""
    now = time.monotonic()
    seconds = await until(lambda: notes.last_written > now)
    enough = len(notes.written) + 50
    await until(lambda: len(notes.written) >= enough)
    return seconds


@pytest.mark.parametrize("server", ["embedded", "container"], indirect=True)
async def test_the_database_is_stopped_for_3_seconds_and_comes_back(
    serve: Serve, server: Server, database_url: str, tell: Tell, request: pytest.FixtureRequest
) -> None:
    with serve() as served:
        async with writing(served) as notes:
            await to_thread.run_sync(server.stop)
            await asyncio.sleep(3)
            assert notes.answers[503] > 0
            await to_thread.run_sync(server.start)
            await to_thread.run_sync(wait_for_database, database_url)
            back = await back_to_writing(notes)
    tell(f"database stopped for 3 s ({request.node.callspec.params['server']})", notes, back=back)
    await assert_survived(notes, database_url)
    assert back < BACK_SECONDS


def wait_for_database(url: str) -> None:
    """Wait until a database that is starting answers."""
    deadline = time.monotonic() + 30
    while True:
        try:
            ladder.execute(url, "SELECT 1")
        except Exception:
            assert time.monotonic() < deadline
        else:
            return


async def test_every_connection_is_cut_five_times(serve: Serve, database_url: str, tell: Tell) -> None:
    back = 0.0
    with serve() as served:
        async with writing(served) as notes:
            for _ in range(5):
                [row] = await to_thread.run_sync(ladder.execute, database_url, CUT_ALL)
                assert row["count"] > 0
                back = max(back, await back_to_writing(notes))
    tell("every connection cut, 5 times", notes, back=back)
    await assert_survived(notes, database_url)
    assert back < BACK_SECONDS


async def test_slow_queries_take_every_connection(serve: Serve, database_url: str, tell: Tell) -> None:
    with serve() as served:
        connection = await asyncpg.connect(ladder.plain(database_url))
        await connection.execute(SLOW_INSERTS)
        async with writing(served, slow_writers=80) as notes:
            await until(lambda: notes.answers[503] >= 100)
            await connection.execute("DROP TRIGGER linger ON comments")
            back = await back_to_writing(notes)
        await connection.close()
    tell("every connection taken by slow queries", notes, back=back)
    await assert_survived(notes, database_url)
    assert back < BACK_SECONDS


async def test_a_table_is_locked_for_10_seconds(serve: Serve, database_url: str, tell: Tell) -> None:
    with serve() as served:
        connection = await asyncpg.connect(ladder.plain(database_url))
        async with writing(served) as notes:
            async with connection.transaction():
                await connection.execute("LOCK TABLE comments IN ACCESS EXCLUSIVE MODE")
                await asyncio.sleep(10)
            back = await back_to_writing(notes)
        await connection.close()
    tell("a table locked for 10 s", notes, back=back)
    await assert_survived(notes, database_url)
    assert notes.answers[503] > 0
    assert back < BACK_SECONDS


async def test_a_worker_is_killed(serve: Serve, database_url: str, tell: Tell) -> None:
    with serve(workers=2) as served:
        async with writing(served, health=False) as notes:
            killed, other = served.workers()
            killed.kill()
            back = await back_to_writing(notes)
            await until(lambda: len(served.workers()) == 2)
            assert other.is_running()
            await back_to_writing(notes)
    tell("one of two workers killed", notes, back=back)
    await assert_survived(notes, database_url, dropped=True)
    assert back < BACK_SECONDS


async def test_sigterm_in_the_middle_of_it(serve: Serve, database_url: str, tell: Tell) -> None:
    with serve() as served:
        async with writing(served, health=False) as notes:
            begun = time.monotonic()
            await to_thread.run_sync(served.stop)
            seconds = time.monotonic() - begun
    tell(f"SIGTERM; ended after {seconds:.1f} s", notes)
    await assert_survived(notes, database_url, dropped=True)
    assert seconds < END_SECONDS


async def test_two_migrations_start_at_once(serve: Serve, database_url: str, tell: Tell) -> None:
    with serve(**PATIENT) as served:

        async def alembic(*words: str) -> int:
            command = [sys.executable, "-m", "alembic", *words]
            process = await asyncio.create_subprocess_exec(
                *command, cwd=CAPSTONE.folder, env=served.env, stderr=asyncio.subprocess.PIPE
            )
            await process.communicate()
            assert process.returncode is not None
            return process.returncode

        assert await alembic("downgrade", "-1") == 0
        connection = await asyncpg.connect(ladder.plain(database_url))
        async with writing(served) as notes:
            both = asyncio.gather(alembic("upgrade", "head"), alembic("upgrade", "head"))
            while not both.done():
                waiting = "SELECT query FROM pg_stat_activity WHERE wait_event = 'advisory'"
                assert await connection.fetch(waiting) == []
                await asyncio.sleep(0.01)
            assert both.result() == [0, 0]
            await back_to_writing(notes)
        await connection.close()
        versions = await to_thread.run_sync(ladder.execute, database_url, "SELECT version_num FROM alembic_version")
    tell("two migrations at once", notes)
    assert len(versions) == 1
    await assert_survived(notes, database_url)
    assert notes.answers[503] == 0
