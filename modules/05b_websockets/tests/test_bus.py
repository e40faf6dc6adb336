"""The bus between processes, by itself."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from rooms.bus import Bus, BusError
from rooms.postgres import growing_pauses

PATIENCE_SECONDS = 6


class Rider:
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
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.received.get()


Ride = Callable[[], AbstractAsyncContextManager[tuple[Bus, Rider]]]


@pytest.fixture
def ride(database_url: str) -> Ride:
    """Call it for one more bus, with its rider, that is on its way."""

    @asynccontextmanager
    async def start() -> AsyncIterator[tuple[Bus, Rider]]:
        rider = Rider()
        bus = Bus(database_url, "rooms-test", "bus_test", rider, at_once=10, check_seconds=60)
        running = asyncio.create_task(bus.run())
        await asyncio.wait_for(rider.connected.get(), PATIENCE_SECONDS)
        yield bus, rider
        running.cancel()
        await asyncio.wait([running])
        bus.close()

    return start


async def test_what_one_publishes_everyone_receives_and_so_does_the_one(ride):
    async with ride() as (bus, mine), ride() as (_, theirs):
        await bus.publish("hello")
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
    async with ride() as (bus, rider):
        await database.cut()
        await asyncio.wait_for(rider.connected.get(), PATIENCE_SECONDS)
        await bus.publish("back again")
        assert await rider.next() == "back again"


async def test_while_there_is_no_database_a_publisher_is_told_at_once(ride, database):
    async with ride() as (bus, _):
        await database.take_away()
        with pytest.raises(BusError):
            await bus.publish("lost")


async def test_what_is_too_long_for_a_notification_is_told_and_harms_nothing(ride):
    async with ride() as (bus, rider):
        with pytest.raises(BusError):
            await bus.publish("x" * 8_000)
        await bus.publish("x" * 7_999)
        assert await rider.next() == "x" * 7_999


def test_the_pauses_grow_from_a_tenth_of_a_second_to_about_two():
    pauses = growing_pauses()
    first, *_, last = [next(pauses) for _ in range(10)]
    assert 0.07 < first < 0.13
    assert 1.5 <= last <= 2.5
