"""Its own words, its own statement for who leaves, and a receiver that looks before it hands on."""

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
        try:
            await self._broadcaster.publish(event.payload())
        except BroadcastError:
            subscriber.offer(error_frame("It was not sent"))

    async def leave(self, subscriber: Subscriber) -> None:
        try:
            await self._broadcaster.execute(presence.LEAVE, subscriber.id)
        except BroadcastError:
            return

    async def catch_up(self, connection: asyncpg.Connection) -> None:
        await connection.execute(presence.CREATE_TABLE)
        await presence.reconcile(self._broadcaster.execute, self._worker, self.manager.subscribers())
        self.manager.catch_up(await presence.read_members(connection))

    def receive(self, payload: str) -> None:
        event = None
        with contextlib.suppress(Exception):
            event = Event.from_payload(payload)
        if event is not None and event.type in {"joined", "left", "message"}:
            self.manager.deliver(event)
