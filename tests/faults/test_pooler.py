"""The capstone behind PgBouncer: whole, or told in one line what is missing."""

import asyncio
import json
import os
import sys

import asyncpg
import httpx
import pytest
from anyio import to_thread
from conftest import CAPSTONE, Serve, Tell
from pooler import pooled
from test_faults import assert_survived, back_to_writing
from writers import Notes, new_post, until, writing

from course.environment import async_http, websocket
from course.machine import ladder

SMALL, LARGE = 4, 60  # connections to the server: fewer than clients, as in transaction mode; and one for each
LIMITS = (
    "SELECT current_setting('statement_timeout') || current_setting('lock_timeout') || current_setting('jit') AS is"
)
SESSION_LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"


async def watched(url: str, notes: Notes, post: str) -> int:
    """How many comments somebody is told of who watches the post while others write."""
    async with websocket(f"{url.replace('http', 'ws')}/ws{post}", compression=None) as socket:
        enough, told = len(notes.written) + 50, 0
        while len(notes.written) < enough:
            event = json.loads(await asyncio.wait_for(socket.recv(), 10))
            told += event["type"] == "comment.created"
    return told


@pytest.mark.parametrize(("mode", "size", "direct"), [("transaction", SMALL, True), ("session", LARGE, False)])
async def test_behind_a_pooler_all_works(
    serve: Serve, database_url: str, tell: Tell, mode: str, size: int, direct: bool
) -> None:
    with pooled(database_url, mode=mode, size=size) as url:
        addresses = {"DATABASE_URL": url} | ({"DATABASE_DIRECT_URL": database_url} if direct else {})
        with serve(workers=2, **addresses) as served:
            async with async_http(served.url, timeout=15) as client:
                await until_ready(client)
                async with writing(served) as notes:
                    told = await watched(served.url, notes, notes.post)
                    answers = await asyncio.gather(*(read_all(client, notes.post) for _ in range(20)))
                    await back_to_writing(notes)
        assert {status for statuses in answers for status in statuses} == {200}
        assert told > 0
        before = await to_thread.run_sync(ladder.execute, database_url, LIMITS)
        for _ in range(3):
            assert await to_thread.run_sync(ladder.execute, url, LIMITS) == before, "limits were left to others"
    tell(f"PgBouncer in {mode} mode", notes)
    assert notes.answers[503] == 0
    await assert_survived(notes, database_url)


async def read_all(client: httpx.AsyncClient, post: str) -> list[int]:
    """The statuses of all that can be read."""
    paths = ("/posts", post, f"{post}/comments?limit=100", "/users", "/posts?q=post", "/health/ready")
    return [(await client.get(path)).status_code for path in paths]


async def until_ready(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(30):
        while (await client.get("/health/ready")).status_code != httpx.codes.OK:  # noqa: ASYNC110 (nothing calls)
            await asyncio.sleep(0.05)


async def test_behind_a_pooler_a_table_that_is_locked_is_a_503_soon_too(serve: Serve, database_url: str) -> None:
    with (
        pooled(database_url, mode="transaction", size=SMALL) as url,
        serve(DATABASE_URL=url, DATABASE_DIRECT_URL=database_url) as served,
    ):
        connection = await asyncpg.connect(ladder.plain(database_url))
        async with async_http(served.url, timeout=15) as client:
            await new_post(client)
            async with connection.transaction():
                await connection.execute("LOCK TABLE posts IN ACCESS EXCLUSIVE MODE")
                assert (await client.get("/posts")).status_code == 503
                waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                await until_none(connection, waiting)
            assert (await client.get("/posts")).status_code == 200
        await connection.close()


async def until_none(connection: asyncpg.Connection, query: str) -> None:
    """Wait until the server itself has given up what nobody waits for any more."""
    async with asyncio.timeout(10):
        while await connection.fetch(query):  # noqa: ASYNC110 (nothing calls)
            await asyncio.sleep(0.05)


async def test_a_pooler_through_which_nothing_is_heard_is_told_in_one_line_and_not_ready(
    serve: Serve, database_url: str
) -> None:
    with pooled(database_url, mode="transaction", size=SMALL) as url, serve(DATABASE_URL=url) as served:
        async with async_http(served.url, timeout=15) as client:
            await until(lambda: b"DATABASE_DIRECT_URL" in served.output)
            ready = await client.get("/health/ready")
            assert (await client.get("/health")).status_code == 200
    assert ready.status_code == 503
    assert "hear" in ready.json()["detail"]
    [line] = [json.loads(line) for line in served.output.splitlines() if b"DATABASE_DIRECT_URL" in line]
    assert line["level"] == "error"


@pytest.mark.parametrize("mode", ["transaction", "session"])
async def test_migrations_through_a_pooler_leave_no_lock_to_the_next(database_url: str, mode: str) -> None:
    with pooled(database_url, mode=mode, size=SMALL) as url:
        env = {**os.environ, "DATABASE_URL": url, "JWT_SECRET": "for the tests of a pooler alone, 32 bytes"}
        for words in (("upgrade", "head"), ("downgrade", "0001"), ("upgrade", "head")):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "alembic", *words, cwd=CAPSTONE.folder, env=env, stderr=asyncio.subprocess.PIPE
            )
            _, said = await asyncio.wait_for(process.communicate(), 60)
            assert process.returncode == 0, said.decode()
            [row] = await to_thread.run_sync(ladder.execute, database_url, SESSION_LOCKS)
            assert row["count"] == 0
