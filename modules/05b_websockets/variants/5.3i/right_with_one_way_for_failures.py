"""One helper tells the client what failed, for arriving and for saying."""

import contextlib
from collections.abc import Awaitable

import asyncpg

from rooms import presence
from rooms.broadcaster import BroadcastError
from rooms.frames import Event, error_frame, utc_now
from rooms.subscriber import Subscriber


async def tried(what: Awaitable[None], subscriber: Subscriber, message: str) -> None:
    try:
        await what
    except BroadcastError:
        subscriber.offer(error_frame(message))


class Rooms:
    async def join(self, subscriber: Subscriber) -> None:
        arriving = presence.arrive(execute=self._broadcaster.execute, worker=self._worker, subscriber=subscriber)
        await tried(arriving, subscriber, "No database")

    async def say(self, subscriber: Subscriber, text: str) -> None:
        event = Event(
            type="message",
            room=subscriber.room,
            name=subscriber.name,
            at=utc_now(),
            client_id=subscriber.id,
            text=text,
        )
        await tried(self._broadcaster.publish(payload=event.payload()), subscriber, "No database")

    async def leave(self, subscriber: Subscriber) -> None:
        with contextlib.suppress(BroadcastError):
            await presence.leave(self._broadcaster.execute, subscriber)

    async def catch_up(self, connection: asyncpg.Connection) -> None:
        await connection.execute(presence.CREATE_TABLE)
        await presence.reconcile(self._broadcaster.execute, self._worker, self.manager.subscribers())
        self.manager.catch_up(await presence.read_members(connection))

    def receive(self, payload: str) -> None:
        try:
            event = Event.from_payload(payload)
        except (ValueError, TypeError):
            return
        match event.type:
            case "message" | "joined" | "left":
                self.manager.deliver(event)
