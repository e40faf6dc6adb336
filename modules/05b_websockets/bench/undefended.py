"""The app without its limits, to measure what they are worth: `python -m bench --hostile`."""

import asyncio

import server
from rooms import endpoint
from rooms.service import Rooms
from rooms.subscriber import Subscriber
from websocket_example import app as app

hear = endpoint.hear
tasks: set[asyncio.Task[None]] = set()


async def hear_later(subscriber: Subscriber, rooms: Rooms, frame: str | None) -> None:
    """Take a frame in a task of its own, so that the next one is read at once."""
    task = asyncio.create_task(hear(subscriber, rooms, frame))
    tasks.add(task)
    task.add_done_callback(tasks.discard)


server.configure_server = lambda receive: None
endpoint.hear = hear_later
