"""A client that reads too slowly, or not at all."""

import asyncio

import pytest
from peers import ClosedError, in_room

QUEUE_SIZE = 3


@pytest.fixture
def settings(settings):
    """Queues that are soon full."""
    return settings.model_copy(update={"client_queue_size": QUEUE_SIZE})


async def fill(slow, talker, good):
    """Say more than fits: one frame is on its way to the slow client, QUEUE_SIZE are waiting, and one is too many."""
    slow.reading.clear()
    for number in range(QUEUE_SIZE + 2):
        talker.say(str(number))
        assert await good.texts(1) == [str(number)]  # at once, although somebody does not read


async def test_a_slow_reader_holds_nobody_up_and_is_closed_with_1013(app):
    async with in_room(app, "good") as good, in_room(app, "slow") as slow:
        await slow.event("joined")
        await fill(slow, good, good)
        slow.reading.set()
        with pytest.raises(ClosedError) as closed:
            await slow.texts(QUEUE_SIZE + 2)
        assert closed.value.code == 1013
        assert (await good.event("left"))["from"] == "slow"


async def test_one_that_never_reads_is_given_up(app):
    async with in_room(app, "good") as good, in_room(app, "stuck") as stuck:
        await stuck.event("joined")
        await fill(stuck, good, good)
        assert (await good.event("left"))["from"] == "stuck"
        await asyncio.wait_for(stuck.task, 10)  # its endpoint ends although nothing can be sent to it


async def test_a_reader_who_keeps_up_gets_everything_however_much_it_is(app):
    async with in_room(app, "good") as good:
        for number in range(50 * QUEUE_SIZE):
            good.say(str(number))
        assert await good.texts(50 * QUEUE_SIZE) == [str(number) for number in range(50 * QUEUE_SIZE)]


async def test_a_flood_of_bad_frames_fills_no_more_than_the_queue(app):
    async with in_room(app, "eve") as eve:
        await eve.event("joined")
        eve.reading.clear()
        for _ in range(QUEUE_SIZE + 2):
            eve.send("not JSON")
        await asyncio.wait_for(eve.task, 10)


async def test_clients_that_come_and_go_leave_no_task_behind(app):
    before = asyncio.all_tasks()
    for number in range(10):
        async with in_room(app, f"guest-{number}") as guest:
            await guest.event("joined")
    assert asyncio.all_tasks() == before
