"""Clients that mean harm, or can't help it: each is sent away, and costs the others nothing."""

import asyncio

import pytest
from peers import ClosedError, RefusedError, as_member, in_room

QUEUE_SIZE = 3


@pytest.fixture
def settings(settings):
    """Limits that are reached soon."""
    return settings.model_copy(update={"client_queue_size": QUEUE_SIZE, "ticket_wait_seconds": 0.1})


async def say_too_much(ana, stuck):
    """Say more than the queue of somebody who does not read takes: one text is on its way, and one is too many."""
    await stuck.event("joined")
    stuck.reading.clear()
    for number in range(QUEUE_SIZE + 2):
        ana.say(str(number))
        assert await ana.texts(1) == [str(number)]


async def test_one_who_reads_too_late_is_closed_with_1013(app):
    async with in_room(app, "ana") as ana, in_room(app, "stuck") as stuck:
        await say_too_much(ana, stuck)
        stuck.reading.set()
        with pytest.raises(ClosedError) as closed:
            await stuck.texts(QUEUE_SIZE + 2)
    assert closed.value.code == 1013


async def test_one_who_never_reads_again_is_given_up(app):
    async with in_room(app, "ana") as ana, in_room(app, "stuck") as stuck:
        await say_too_much(ana, stuck)
        await asyncio.wait_for(stuck.task, 5)  # its function in the app ends


async def test_a_member_who_shows_no_ticket_is_closed_with_1008(app):
    async with as_member(app) as silent:
        with pytest.raises(ClosedError) as closed:
            await silent.receive()
    assert closed.value.code == 1008


async def test_a_page_from_elsewhere_is_not_let_in(app):
    with pytest.raises(RefusedError):
        async with in_room(app, "eve", origin="https://elsewhere.example"):
            pass
