"""The database is away, full, or held up: 503 and when to try again, soon; and all is well when it is back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from databases import Database
from pydantic import SecretStr
from silence import Network
from sqlalchemy import text
from visitors import PASSWORD, arrive, client_of
from visitors import started as another_app

from app.config.settings import Settings
from app.config.values import asyncpg_url

SOON = 15  # seconds, on a machine that is busy with other things; the limits of these tests are under one


@asynccontextmanager
async def started(settings: Settings, **changes: object) -> AsyncIterator[httpx.AsyncClient]:
    """A client of another app, started with changed settings."""
    async with another_app(settings, **changes) as app, client_of(app) as client:
        yield client


def assert_unavailable(response: httpx.Response) -> None:
    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("how", ["refused", "no socket", "no such database", "wrong password"])
async def test_without_a_database_the_app_starts_and_says_so(settings: Settings, tmp_path: Path, how: str) -> None:
    url = settings.database_url.get_secret_value()
    address = {
        "refused": "postgresql://u:p@127.0.0.1:1/blog",
        "no socket": f"postgresql://u:p@/blog?host={tmp_path.as_posix()}",
        "no such database": url.replace("_test", "_gone"),
        "wrong password": "postgresql://nobody:wrong@" + url.rpartition("@")[2],
    }[how]
    async with started(settings, database_url=asyncpg_url(SecretStr(address))) as client:
        assert (await client.get("/health")).status_code == 200
        for path in ("/health/ready", "/posts", "/posts/1", "/users", "/comments/1", "/posts/1/comments"):
            assert_unavailable(await client.get(path))
        credentials = {"email": "ana@example.com", "password": PASSWORD}
        assert_unavailable(await client.post("/auth/register", json=credentials))
        form = {"username": "ana@example.com", "password": PASSWORD}
        assert_unavailable(await client.post("/auth/login", data=form))
        assert (await client.post("/posts", json={})).status_code == 401


@pytest.mark.parametrize(
    "limits",
    [
        {"database_lock_seconds": 0.5},
        {"database_statement_seconds": 0.5},
        {"database_request_seconds": 2},  # also for the requests that are served afterwards, on a busy machine
    ],
    ids=lambda limits: next(iter(limits)),
)
async def test_a_table_that_somebody_has_locked_holds_nobody_up_for_long(
    settings: Settings, committed_client: httpx.AsyncClient, committed_database: Database, limits: dict[str, float]
) -> None:
    ana = await arrive(committed_client, "ana")  # by an app that has its time, also on a slow machine
    async with started(settings, **limits) as client:
        ana = replace(ana, client=client)
        async with asyncio.timeout(SOON), committed_database.engine.begin() as connection:
            await connection.execute(text("LOCK TABLE posts IN ACCESS EXCLUSIVE MODE"))
            assert_unavailable(await client.get("/posts"))
            assert_unavailable(await ana.send("POST", "/posts", title="A title", body="A body"))
        assert (await client.get("/posts")).status_code == 200
        assert (await ana.send("POST", "/posts", title="A title", body="A body")).status_code == 201


async def test_when_all_connections_are_taken_the_next_one_is_told_soon(
    settings: Settings, committed_database: Database
) -> None:
    async with started(settings, database_pool_size=1, database_request_seconds=0.5) as client:
        async with asyncio.timeout(SOON), committed_database.engine.begin() as connection:
            await connection.execute(text("LOCK TABLE users IN ACCESS EXCLUSIVE MODE"))
            answers = await asyncio.gather(*(client.get("/users") for _ in range(3)), client.get("/posts"))
            for answer in answers:
                assert_unavailable(answer)
        assert (await client.get("/users")).status_code == 200


async def test_when_every_connection_was_cut_the_next_request_gets_a_new_one(
    committed_client: httpx.AsyncClient, committed_database: Database
) -> None:
    ana = await arrive(committed_client, "ana")
    await asyncio.gather(*(committed_client.get("/posts") for _ in range(5)))
    async with committed_database.engine.connect() as connection:
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        cut = await connection.execute(text(f"SELECT pg_terminate_backend(pid, 5000) {others}"))
        assert all(done for (done,) in cut)
    assert (await committed_client.get("/posts")).status_code == 200
    assert (await ana.send("POST", "/posts", title="A title", body="A body")).status_code == 201


async def test_a_connection_that_is_cut_in_the_middle_of_a_request_is_a_503(
    committed_client: httpx.AsyncClient, committed_database: Database
) -> None:
    waiting = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with committed_database.engine.begin() as lock, committed_database.connect() as other:
        await lock.execute(text("LOCK TABLE posts IN ACCESS EXCLUSIVE MODE"))
        request = asyncio.create_task(committed_client.get("/posts"))
        while not (await other.execute(text(f"SELECT pg_terminate_backend(pid) {waiting}"))).all():
            assert not request.done()
        assert_unavailable(await request)
    assert (await committed_client.get("/posts")).status_code == 200


async def test_a_statement_that_a_migration_made_stale_is_tried_again(
    committed_client: httpx.AsyncClient, committed_database: Database
) -> None:
    ana = await arrive(committed_client, "ana")
    posts = [await ana.write() for _ in range(3)]
    comments = [await ana.say(posts[0]) for _ in range(3)]
    alter = "ALTER TABLE {} ALTER COLUMN {} TYPE {}"
    try:
        for kind in ("varchar(250)", "varchar(260)"):
            for method, path, body in (
                ("GET", "/posts", {}),
                ("GET", f"/posts/{posts[0]}", {}),
                ("PATCH", f"/posts/{posts[0]}", {"title": "Another"}),
                ("DELETE", f"/posts/{posts.pop()}", {}),
            ):
                async with committed_database.engine.begin() as connection:
                    await connection.execute(text(alter.format("posts", "title", kind)))
                    await connection.execute(text(alter.format("users", "display_name", kind)))
                assert (await ana.send(method, path, **body)).is_success, (method, path)
                kind = f"varchar({int(kind[8:-1]) + 1})"
        async with committed_database.engine.begin() as connection:
            await connection.execute(text(alter.format("comments", "body", "varchar")))
        assert (await ana.send("PATCH", f"/comments/{comments[0]}", body="Another")).json()["body"] == "Another"
    finally:
        async with committed_database.engine.begin() as connection:
            await connection.execute(text(alter.format("posts", "title", "varchar(200)")))
            await connection.execute(text(alter.format("users", "display_name", "varchar(80)")))
            await connection.execute(text(alter.format("comments", "body", "text")))


async def test_a_database_that_goes_silent_holds_nobody_up_for_ever(
    settings: Settings, committed_database: Database
) -> None:
    network = Network(settings)
    async with network.settings(database_request_seconds=1) as through, started(through) as client:
        ana = await arrive(client, "ana")
        post = await ana.write()
        for method, path, body in (
            ("GET", "/posts", {}),
            ("POST", "/auth/register", {"email": "bob@example.com", "password": PASSWORD}),
            ("POST", "/posts", {"title": "A title", "body": "A body"}),
            ("POST", f"/posts/{post}/comments", {"body": "A remark"}),
            ("DELETE", f"/posts/{post}", {}),
        ):
            assert (await client.get("/posts")).status_code == 200, "a connection is open"
            network.speaks.clear()
            async with asyncio.timeout(SOON):
                assert_unavailable(await ana.send(method, path, **body))
            network.speaks.set()
        assert (await ana.send("GET", f"/posts/{post}")).status_code == 200
