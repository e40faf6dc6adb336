"""A bad frame is an exception, and ends the connection of who sent it."""

from rooms.frames import read_frame
from rooms.service import Rooms
from rooms.subscriber import Subscriber


async def hear(subscriber: Subscriber, rooms: Rooms, frame: str | None) -> None:
    await rooms.say(subscriber, read_frame(frame))
