"""The rooms of this process: its connection manager, joined to everyone else's by the broadcaster."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg

from rooms import presence
from rooms.broadcaster import Broadcaster, BroadcastError
from rooms.frames import Event, error_frame, utc_now
from rooms.manager import ConnectionManager
from rooms.subscriber import Subscriber
from settings import Settings


class Rooms:
    """What an endpoint needs: join, say, leave."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.manager = ConnectionManager()
        self._worker = f"rooms-{uuid4().hex}"
        self._broadcaster = Broadcaster(
            (settings.database_direct_url or settings.database_url).get_secret_value(),  # no pooler can LISTEN
            self._worker,
            presence.CHANNEL,
            receiver=self,
            at_once=max(1, settings.client_queue_size // 8),  # far less than fills a client's queue
            check_seconds=settings.presence_check_seconds,
        )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Connected to the other processes, as soon as the database is there. Raises NoDatabase if it never can be."""
        listening = asyncio.create_task(self._broadcaster.run())
        await self._broadcaster.tried.wait()
        if listening.done():
            await listening
        yield
        listening.cancel()
        await asyncio.wait([listening])
        self._broadcaster.close()

    async def join(self, subscriber: Subscriber) -> None:
        """Tell everyone that the client is here. From `manager.add` on it gets all that is said."""
        try:
            await presence.arrive(self._broadcaster.execute, self._worker, subscriber)
        except BroadcastError:
            subscriber.offer(error_frame("The database is away: nobody can be reached until it is back"))

    async def say(self, subscriber: Subscriber, text: str) -> None:
        """Send a text to everyone in the client's room, on every process."""
        event = Event("message", subscriber.room, subscriber.name, utc_now(), subscriber.id, text)
        try:
            await self._broadcaster.publish(event.payload())
        except BroadcastError:
            subscriber.offer(error_frame("Not sent, as far as we know: the database did not take it. Try again"))

    async def leave(self, subscriber: Subscriber) -> None:
        """Tell everyone that the client is gone. If that fails now, `check` does it later."""
        with contextlib.suppress(BroadcastError):
            await presence.leave(self._broadcaster.execute, subscriber)

    async def catch_up(self, connection: asyncpg.Connection) -> None:
        """After a new connection: write our clients down, and read who else is there."""
        await connection.execute(presence.CREATE_TABLE)
        await presence.reconcile(self._broadcaster.execute, self._worker, self.manager.subscribers())
        self.manager.catch_up(await presence.read_members(connection))

    def receive(self, payload: str) -> None:
        """Hand an event to our clients. What is no event of ours is left alone: the channel is open to others."""
        try:
            event = Event.from_payload(payload)
        except (ValueError, TypeError):
            return
        if event.type in ("message", "joined", "left"):
            self.manager.deliver(event)

    async def check(self) -> None:
        """Make the table true again: about our own clients, and about those of workers that were killed.

        The first check comes some seconds after a new connection. By then the other workers have theirs again.
        """
        await presence.reconcile(self._broadcaster.execute, self._worker, self.manager.subscribers())
        await presence.sweep(self._broadcaster.execute)
