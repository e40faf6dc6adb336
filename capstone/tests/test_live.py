"""Live comments: every watcher is told of every change, in whatever process it was made, after its commit."""

import asyncio

import httpx
import pytest
from databases import DEADLINE_SECONDS, Database
from fastapi import FastAPI
from pydantic import SecretStr
from sockets import RefusedError, Socket, hearing
from sqlalchemy import text
from visitors import arrive, started

from app.config.settings import Settings
from app.database.engine import make_direct_engine
from app.database.listener import APPLICATION_NAME, Listener
from app.services.announcements import CHANNEL, Change, announce

ABSENT = 2**62
ENDS = 50  # of a listener: some of them meet its echo
CUT_LISTENERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND application_name = :name"
)


async def handshake(app: FastAPI, post_id: int | str, **headers: str) -> int:
    """The status with which a handshake is answered."""
    try:
        async with Socket(app, post_id, **headers):
            return 101
    except RefusedError as refused:
        return refused.status


async def test_what_is_announced_is_heard_once_it_is_committed_and_never_if_it_is_rolled_back(
    settings: Settings, committed_database: Database
) -> None:
    async with hearing(settings) as heard:
        async with committed_database.transaction() as undone:
            await announce(undone, Change("post.deleted", 1))
            await undone.rollback()
        async with committed_database.transaction() as later:
            await announce(later, Change("post.deleted", 2))
            async with committed_database.transaction() as sooner:
                await announce(sooner, Change("comment.created", 3, 4))
        assert [await heard.get() for _ in range(2)] == ["comment.created 3 4", "post.deleted 2 0"]


async def test_a_listener_can_be_ended_at_any_moment_also_as_its_own_echo_arrives(settings: Settings) -> None:
    driver = await make_direct_engine(settings, "overhearing").raw_connection()
    overhearing = driver.driver_connection
    for _ in range(ENDS):
        task = asyncio.create_task(Listener(settings, "brief", lambda: None, lambda _: None).run())

        def end(*_: object, task: asyncio.Task[None] = task) -> None:
            task.cancel()

        await overhearing.add_listener("brief_echo", end)
        _, still_there = await asyncio.wait([task], timeout=DEADLINE_SECONDS)
        await overhearing.remove_listener("brief_echo", end)
        assert not still_there
    overhearing.terminate()
    driver.detach()


async def test_every_watcher_on_every_process_reads_what_happens_to_comments(
    app: FastAPI, settings: Settings, committed_client: httpx.AsyncClient
) -> None:
    ana, bob = await arrive(committed_client, "ana"), await arrive(committed_client, "bob")
    post, other = await ana.write(), await ana.write()
    async with (
        started(settings) as elsewhere,
        Socket(app, post) as here,
        Socket(elsewhere, post) as there,
        Socket(app, other) as aside,
    ):
        first = await bob.say(other)
        comment = await bob.say(post, "Wel said")
        written = (await committed_client.get(f"/comments/{comment}")).json()
        for socket in (here, there):
            assert await socket.event() == {"type": "comment.created", "comment": written}
        changed = (await bob.send("PATCH", f"/comments/{comment}", body="Well said")).json()
        for socket in (here, there):
            assert await socket.event() == {"type": "comment.updated", "comment": changed}
        await ana.send("DELETE", f"/comments/{comment}")
        for socket in (here, there):
            assert await socket.event() == {"type": "comment.deleted", "comment": {"id": comment, "post_id": post}}
        second = await bob.say(other)
        assert [(await aside.event())["comment"]["id"] for _ in range(2)] == [first, second]


async def test_deleting_the_post_is_told_and_closes_in_good_order(
    app: FastAPI, committed_client: httpx.AsyncClient
) -> None:
    ana = await arrive(committed_client, "ana")
    post = await ana.write()
    async with Socket(app, post) as socket:
        await ana.send("DELETE", f"/posts/{post}")
        assert await socket.event() == {"type": "post.deleted"}
        assert await socket.close_code() == 1000


async def test_what_is_rolled_back_is_never_told(
    app: FastAPI, committed_client: httpx.AsyncClient, committed_database: Database
) -> None:
    ana = await arrive(committed_client, "ana")
    post = await ana.write()
    async with Socket(app, post) as socket:
        async with committed_database.transaction() as session:
            await announce(session, Change("post.deleted", post))
            await session.rollback()
        comment = await ana.say(post)
        assert (await socket.event())["comment"]["id"] == comment


async def test_what_is_no_event_of_ours_is_left_alone(
    app: FastAPI, committed_client: httpx.AsyncClient, committed_database: Database
) -> None:
    ana = await arrive(committed_client, "ana")
    post = await ana.write()
    async with Socket(app, post) as socket:
        for payload in ("", "post.deleted", f"post.destroyed {post} 0", f"post.deleted {post} x", "a b c d"):
            async with committed_database.transaction() as session:
                await session.execute(text("SELECT pg_notify(:channel, :it)"), {"channel": CHANNEL, "it": payload})
        async with committed_database.transaction() as session:
            await announce(session, Change("comment.created", post, ABSENT))  # deleted meanwhile
        for frame in ("{}", "\0", b"\xff", ""):
            socket.send(frame)
        await ana.say(post, "Still here")
        assert (await socket.event())["comment"]["body"] == "Still here"


@pytest.mark.parametrize("post_id", [ABSENT, 0, "x", 2**63, "1/no-such-path"])
async def test_what_nobody_can_watch_is_refused_at_the_handshake_as_any_request_is(
    app: FastAPI, committed_database: Database, post_id: int | str
) -> None:
    with pytest.raises(RefusedError) as refused:
        await Socket(app, post_id, **{"x-request-id": "my-id"}).__aenter__()
    assert refused.value.status == 404
    assert refused.value.headers["content-type"] == "application/problem+json"
    assert refused.value.headers["x-request-id"] == "my-id"
    assert refused.value.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        (None, "app.test", True),
        ("http://app.test", "app.test", True),
        ("https://APP.test", "app.test:443", True),
        ("https://friend.example", "app.test", True),
        ("https://friend.example:8443", "app.test", False),
        ("http://friend.example", "app.test", False),
        ("https://app.test.evil.example", "app.test", False),
        ("http://app.test:8000", "app.test", False),
        ("null", "app.test", False),
        ("", "", False),
        ("http://", "", False),
    ],
)
async def test_a_page_of_another_site_is_refused_at_the_handshake(
    settings: Settings, committed_client: httpx.AsyncClient, origin: str | None, host: str, allowed: bool
) -> None:
    post = await (await arrive(committed_client, "ana")).write()
    async with started(settings, allowed_origins=frozenset({"https://friend.example"})) as app:
        headers = {"host": host} | ({} if origin is None else {"origin": origin})
        assert await handshake(app, post, **headers) == (101 if allowed else 403)


async def test_a_watcher_that_does_not_read_is_cut_off_and_holds_nobody_up(
    settings: Settings, committed_client: httpx.AsyncClient
) -> None:
    ana = await arrive(committed_client, "ana")
    post = await ana.write()
    async with (
        started(settings, client_queue_size=2, close_seconds=0.1) as app,
        Socket(app, post) as stuck,
        Socket(app, post) as reader,
    ):
        stuck.reading.clear()
        for number in range(5):
            await ana.say(post, str(number))
            assert (await reader.event())["comment"]["body"] == str(number)
        async with asyncio.timeout(DEADLINE_SECONDS):
            await stuck._task  # the app is done with it, though it reads no word of it


async def test_a_watcher_that_reads_again_is_told_that_it_was_too_slow(
    settings: Settings, committed_client: httpx.AsyncClient
) -> None:
    ana = await arrive(committed_client, "ana")
    post = await ana.write()
    async with started(settings, client_queue_size=2) as app, Socket(app, post) as slow, Socket(app, post) as reader:
        slow.reading.clear()
        for _ in range(5):
            await ana.say(post)
            await reader.event()
        slow.reading.set()
        assert await slow.close_code() == 1013


@pytest.mark.parametrize("change", [Change("comment.created", 7, 9), Change("post.deleted", 7)])
def test_what_is_written_of_a_change_is_read_as_the_same_change(change: Change) -> None:
    assert Change.from_payload(change.payload()) == change


@pytest.mark.parametrize("line", ["", "comment.created 7", "comment.created 7 9 1", "comment.created 7 x", "gone 7 9"])
def test_no_other_line_is_read_as_a_change(line: str) -> None:
    with pytest.raises(ValueError, match=r"^(?!$)"):
        Change.from_payload(line)


async def test_after_the_listening_was_interrupted_watchers_are_told_to_come_back(
    app: FastAPI, committed_client: httpx.AsyncClient, committed_database: Database
) -> None:
    ana = await arrive(committed_client, "ana")
    post = await ana.write()
    async with Socket(app, post) as socket:
        async with committed_database.connect() as connection:
            cut = await connection.scalars(CUT_LISTENERS, {"name": APPLICATION_NAME})
            assert any(cut)
        assert await socket.close_code() == 1012
    async with Socket(app, post) as socket:
        comment = await ana.say(post)
        assert (await socket.event())["comment"]["id"] == comment


async def test_a_change_that_cannot_be_read_sends_the_watchers_away(
    settings: Settings, committed_client: httpx.AsyncClient, committed_database: Database
) -> None:
    ana = await arrive(committed_client, "ana")
    post = await ana.write()
    async with started(settings, database_request_seconds=0.3) as app:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await app.state.broadcaster._listener.listening.wait()
        async with Socket(app, post) as socket, committed_database.transaction() as lock:
            await lock.execute(text("LOCK TABLE comments IN ACCESS EXCLUSIVE MODE"))
            async with committed_database.transaction() as session:
                await announce(session, Change("comment.created", post, 1))
            assert await socket.close_code() == 1012


async def test_without_a_database_a_watcher_is_refused_for_now(settings: Settings) -> None:
    away = {"database_url": SecretStr("postgresql+asyncpg://u:p@127.0.0.1:1/blog"), "database_request_seconds": 0.3}
    async with started(settings, **away) as app:
        assert await handshake(app, 1) == 503


async def test_watchers_hold_no_connection(settings: Settings, committed_client: httpx.AsyncClient) -> None:
    ana = await arrive(committed_client, "ana")
    post = await ana.write()
    async with started(settings, database_pool_size=1) as app:
        sockets = [Socket(app, post) for _ in range(30)]
        for socket in sockets:
            await socket.__aenter__()
        await ana.say(post, "To all")
        for socket in sockets:
            assert (await socket.event())["comment"]["body"] == "To all"
            await socket.__aexit__()
        assert app.state.broadcaster.manager.posts() == set()
