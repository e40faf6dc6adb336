"""A subscriber's queue: what is offered comes out in order, an end is last, and whoever does not read is given up."""

import asyncio

import anyio
import pytest

from app.services.subscribers import POST_DELETED, START_AGAIN, End, Subscriber


async def taken(subscriber: Subscriber) -> list[str | End]:
    """All that can be taken out at this moment."""
    items: list[str | End] = []
    with anyio.move_on_after(0.05):
        while True:
            items.append(await subscriber.next())
    return items


async def test_frames_come_out_in_their_order() -> None:
    subscriber = Subscriber(queue_size=3, close_seconds=60)
    for frame in ("one", "two", "three"):
        subscriber.offer(frame)
    assert await taken(subscriber) == ["one", "two", "three"]
    assert not subscriber.scope.cancel_called


async def test_after_an_end_nothing_is_queued() -> None:
    subscriber = Subscriber(queue_size=5, close_seconds=60)
    for item in ("one", POST_DELETED, "late", START_AGAIN):
        subscriber.offer(item)
    assert await taken(subscriber) == ["one", POST_DELETED]


async def test_an_end_leaves_a_while_to_read_it_and_no_longer() -> None:
    subscriber = Subscriber(queue_size=5, close_seconds=0.02)
    subscriber.offer(POST_DELETED)
    assert not subscriber.scope.cancel_called
    async with asyncio.timeout(10):
        with subscriber.scope:
            await anyio.sleep_forever()
    assert subscriber.scope.cancel_called
    assert not subscriber.too_slow


@pytest.mark.parametrize("last", ["three", POST_DELETED])
async def test_whose_queue_is_full_is_given_up_at_once(last: str | End) -> None:
    subscriber = Subscriber(queue_size=2, close_seconds=60)
    for item in ("one", "two", last):
        subscriber.offer(item)
    assert subscriber.too_slow
    assert subscriber.scope.cancel_called
    assert await taken(subscriber) == ["one", "two"]
    subscriber.offer("four")
    assert await taken(subscriber) == []
