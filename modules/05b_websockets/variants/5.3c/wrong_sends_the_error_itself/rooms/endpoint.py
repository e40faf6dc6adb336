"""Sends the error by itself, past the client's queue: who sends nonsense and does not read holds its own reader up."""

from rooms.frames import FrameError, error_frame, read_frame
from rooms.service import Rooms
from rooms.subscriber import Subscriber


async def hear(subscriber: Subscriber, rooms: Rooms, frame: str | None) -> None:
    try:
        text = read_frame(frame)
    except FrameError as error:
        await subscriber.ws.send_text(error_frame(str(error)))
        return
    await rooms.say(subscriber, text)
