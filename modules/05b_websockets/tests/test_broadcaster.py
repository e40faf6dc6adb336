"""The broadcaster between processes, by itself."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from rooms.broadcaster import Broadcaster, BroadcastError
from rooms.postgres import growing_pauses

PATIENCE_SECONDS = 6


class Receiver:
    """Keeps what it receives, and says when it was connected."""

    def __init__(self) -> None:
        self.received: asyncio.Queue[str] = asyncio.Queue()
        self.connected: asyncio.Queue[None] = asyncio.Queue()

    async def catch_up(self, connection: object) -> None:
        self.connected.put_nowait(None)

    def receive(self, payload: str) -> None:
        self.received.put_nowait(payload)

    async def check(self) -> None:
        pass

    async def next(self) -> str:
        """What is received next. Fails if the connection is lost before, and made again."""
        waits = [asyncio.ensure_future(self.received.get()), asyncio.ensure_future(self.connected.get())]
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        received, connected = waits
        assert not connected.done(), "the connection was lost"
        connected.cancel()
        return await received


Ride = Callable[[], AbstractAsyncContextManager[tuple[Broadcaster, Receiver]]]


@pytest.fixture
def ride(database_url: str) -> Ride:
    """Call it for one more broadcaster, with its receiver, that is on its way."""

    @asynccontextmanager
    async def start() -> AsyncIterator[tuple[Broadcaster, Receiver]]:
        receiver = Receiver()
        broadcaster = Broadcaster(database_url, "rooms-test", "broadcast_test", receiver, at_once=10, check_seconds=60)
        running = asyncio.create_task(broadcaster.run())
        await asyncio.wait_for(broadcaster.tried.wait(), PATIENCE_SECONDS)
        receiver.connected.get_nowait()  # or the first attempt has failed
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
        await database.cut()
        await asyncio.wait_for(receiver.connected.get(), PATIENCE_SECONDS)
        await broadcaster.publish("back again")
        assert await receiver.next() == "back again"


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


def test_the_pauses_grow_from_a_tenth_of_a_second_to_about_two():
    pauses = growing_pauses()
    first, *_, last = [next(pauses) for _ in range(10)]
    assert 0.07 < first < 0.13
    assert 1.5 <= last <= 2.5
