"""Hands the text out here at once, and again when it comes back: our own clients read all twice."""

import contextlib

import asyncpg

from rooms import presence
from rooms.broadcaster import BroadcastError
from rooms.frames import Event, error_frame, utc_now
from rooms.subscriber import Subscriber


class Rooms:
    async def join(self, subscriber: Subscriber) -> None:
        try:
            await presence.arrive(self._broadcaster.execute, self._worker, subscriber)
        except BroadcastError:
            subscriber.offer(error_frame("Nobody can be reached just now"))

    async def say(self, subscriber: Subscriber, text: str) -> None:
        event = Event("message", subscriber.room, subscriber.name, utc_now(), subscriber.id, text)
        self.manager.deliver(event)
        try:
            await self._broadcaster.publish(event.payload())
        except BroadcastError:
            subscriber.offer(error_frame("It was not sent"))

    async def leave(self, subscriber: Subscriber) -> None:
        with contextlib.suppress(BroadcastError):
            await presence.leave(self._broadcaster.execute, subscriber)

    async def catch_up(self, connection: asyncpg.Connection) -> None:
        await connection.execute(presence.CREATE_TABLE)
        await presence.reconcile(self._broadcaster.execute, self._worker, self.manager.subscribers())
        self.manager.catch_up(await presence.read_members(connection))
