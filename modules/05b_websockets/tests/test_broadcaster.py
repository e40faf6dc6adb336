"""The broadcaster between processes, by itself."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import asyncpg
import pytest

from rooms import broadcaster as module
from rooms.broadcaster import Broadcaster, BroadcastError
from rooms.postgres import growing_pauses

PATIENCE_SECONDS = 6


class Receiver:
    """Keeps what it receives, and says when it was connected."""

    def __init__(self) -> None:
        self.received: asyncio.Queue[str] = asyncio.Queue()
        self.connected: asyncio.Queue[None] = asyncio.Queue()
        self.checked = asyncio.Event()

    async def catch_up(self, connection: asyncpg.Connection) -> None:
        self.connected.put_nowait(None)

    def receive(self, payload: str) -> None:
        self.received.put_nowait(payload)

    async def check(self) -> None:
        self.checked.set()

    async def next(self) -> str:
        """What is received next. Fails if the connection is lost before, and made again."""
        waits = [asyncio.ensure_future(self.received.get()), asyncio.ensure_future(self.connected.get())]
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        received, connected = waits
        assert not connected.done(), "the connection was lost"
        connected.cancel()
        return await received


async def soon(coroutine: Awaitable[object], reason: str) -> None:
    """Fails, for that reason, if it does not end."""
    try:
        await asyncio.wait_for(coroutine, PATIENCE_SECONDS)
    except TimeoutError:
        raise AssertionError(reason) from None


Ride = Callable[..., AbstractAsyncContextManager[tuple[Broadcaster, Receiver]]]


class Publishes(Receiver):
    """Publishes something as it catches up, and waits a while."""

    async def catch_up(self, connection: asyncpg.Connection) -> None:
        await super().catch_up(connection)
        await connection.execute("NOTIFY broadcast_test, 'meanwhile'")
        await connection.execute("SELECT 1")
        assert self.received.empty(), "it was received before the end of `catch_up`"


class Waits(Receiver):
    """Catches up for as long as it is not let go."""

    def __init__(self) -> None:
        super().__init__()
        self.may_go_on = asyncio.Event()

    async def catch_up(self, connection: asyncpg.Connection) -> None:
        await super().catch_up(connection)
        await self.may_go_on.wait()


# An ErrorResponse (PostgreSQL's manual, "Message Formats"): the last word of a server that ends the connection.
FATAL = b"SFATAL\0C57P01\0Mterminating connection due to administrator command\0\0"
LAST_WORD = b"E" + (len(FATAL) + 4).to_bytes(4) + FATAL


class Cut(Receiver):
    """Once it has caught up, the server's last word is read, and the end of the connection is not."""

    async def catch_up(self, connection: asyncpg.Connection) -> None:
        await super().catch_up(connection)
        self.cut = lambda: connection._protocol.data_received(LAST_WORD)


@pytest.fixture
def ride(database_url: str) -> Ride:
    """Call it for one more broadcaster, with its receiver, that is on its way."""

    @asynccontextmanager
    async def start(
        receiver: Receiver | None = None, check_seconds: float = 60
    ) -> AsyncIterator[tuple[Broadcaster, Receiver]]:
        receiver = receiver or Receiver()
        broadcaster = Broadcaster(database_url, "rooms-test", "broadcast_test", receiver, 10, check_seconds)
        running = asyncio.create_task(broadcaster.run())
        await soon(broadcaster.tried.wait(), "`tried` is never set")
        assert not receiver.connected.empty(), "the first attempt to listen is over, and `catch_up` was not called"
        receiver.connected.get_nowait()
        yield broadcaster, receiver
        running.cancel()
        await asyncio.wait([running])
        broadcaster.close()

    return start


async def test_what_one_publishes_everyone_receives_and_so_does_the_one(ride):
    async with ride() as (broadcaster, mine), ride() as (_, theirs):
        await broadcaster.publish("hello")
        assert await mine.next() == "hello"
        assert await theirs.next() == "hello"


async def test_all_receive_the_same_in_the_same_order_each_thing_once(ride):
    async with ride() as (one, mine), ride() as (other, theirs):
        async with asyncio.TaskGroup() as tasks:
            for number in range(40):
                tasks.create_task(one.publish(f"one {number}"))
                tasks.create_task(other.publish(f"other {number}"))
        await one.publish("the end")
        heard = [await mine.next() for _ in range(81)]
        assert [await theirs.next() for _ in range(81)] == heard
        assert sorted(heard[:-1]) == sorted(f"{name} {number}" for name in ("one", "other") for number in range(40))


async def test_a_lost_connection_is_made_again(ride, database):
    async with ride() as (broadcaster, receiver):
        await broadcaster.publish("before")
        assert await receiver.next() == "before"
        await database.cut()
        await soon(receiver.connected.get(), "the connection was cut, and no other one was made")
        await broadcaster.publish("back again")
        assert await receiver.next() == "back again"


async def test_a_connection_that_is_used_in_the_moment_of_its_end_is_made_again(ride):
    async with ride(Cut(), check_seconds=0.01) as (_, receiver):
        receiver.cut()
        await soon(receiver.connected.get(), "a check met the end of the connection, and no other one was made")


async def test_while_there_is_no_database_a_publisher_is_told_at_once(ride, database):
    async with ride() as (broadcaster, _):
        await database.take_away()
        with pytest.raises(BroadcastError):
            await broadcaster.publish("lost")


async def test_what_is_too_long_for_a_notification_is_told_and_harms_nothing(ride):
    async with ride() as (broadcaster, receiver):
        with pytest.raises(BroadcastError):
            await broadcaster.publish("x" * 8_000)
        await broadcaster.publish("x" * 7_999)
        assert await receiver.next() == "x" * 7_999


async def test_who_does_not_listen_publishes_nothing_and_is_told_at_once(database_url):
    broadcaster = Broadcaster(database_url, "rooms-test", "broadcast_test", Receiver(), 10, 60)
    with pytest.raises(BroadcastError):
        await broadcaster.publish("nobody here could hear it")
    broadcaster.close()


@pytest.mark.parametrize(
    "error",
    [
        ConnectionRefusedError(),
        TimeoutError(),
        asyncpg.InterfaceError("it is closed"),
        asyncpg.InternalClientError("it is being closed"),
    ],
)
async def test_a_connection_that_can_not_be_made_is_told_too(ride, monkeypatch, error):
    async def connect(*_: object, **__: object) -> None:
        raise error

    async with ride() as (broadcaster, _):
        monkeypatch.setattr(asyncpg, "connect", connect)
        with pytest.raises(BroadcastError):
            await broadcaster.publish("lost")


async def test_what_is_published_while_the_receiver_catches_up_is_received_afterwards(ride):
    async with ride(Publishes()) as (_, receiver):
        assert await receiver.next() == "meanwhile"


async def test_tried_is_not_set_before_the_receiver_has_caught_up(database_url):
    receiver = Waits()
    broadcaster = Broadcaster(database_url, "rooms-test", "broadcast_test", receiver, 10, 60)
    running = asyncio.create_task(broadcaster.run())
    try:
        await soon(receiver.connected.get(), "`catch_up` was not called")
        assert not broadcaster.tried.is_set(), "`tried` is set, and `catch_up` still waits"
        receiver.may_go_on.set()
        await soon(broadcaster.tried.wait(), "`catch_up` has ended, and `tried` is not set")
    finally:
        running.cancel()
        await asyncio.wait([running])
        broadcaster.close()


async def test_the_receiver_checks_while_the_connection_is_there(ride):
    async with ride(check_seconds=0.01) as (_, receiver):
        await soon(receiver.checked.wait(), "the receiver's `check` was not called: `_check` does that, as a task")


async def test_a_process_that_can_not_keep_up_connects_again(ride, database, monkeypatch):
    monkeypatch.setattr(module, "BACKLOG_MAX", 3)
    async with ride() as (broadcaster, receiver):
        await database.execute(";".join(f"NOTIFY broadcast_test, '{number}'" for number in range(10)))  # at once
        await soon(receiver.connected.get(), "ten payloads came, BACKLOG_MAX is 3, and the connection was not ended")
        await broadcaster.publish("back again")
        while await receiver.next() != "back again":
            pass


async def test_others_run_after_every_few_payloads():
    receiver, backlog, at_once = Receiver(), asyncio.Queue(), 10
    for payload in [*map(str, range(35)), None]:
        backlog.put_nowait(payload)
    handing_out = asyncio.create_task(Broadcaster("", "", "", receiver, at_once, 60)._hand_out(backlog))
    most = 0
    while not handing_out.done():
        so_far = receiver.received.qsize()
        await asyncio.sleep(0)
        most = max(most, receiver.received.qsize() - so_far)
    await handing_out
    assert receiver.received.qsize() == 35
    assert most <= at_once


def test_the_pauses_grow_from_a_tenth_of_a_second_to_about_two():
    pauses = growing_pauses()
    first, *_, last = [next(pauses) for _ in range(10)]
    assert 0.07 < first < 0.13
    assert 1.5 <= last <= 2.5
