"""The rooms of this process: its connection manager, joined to everyone else's by the bus."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg

from rooms import presence
from rooms.bus import Bus, BusError
from rooms.client import Client
from rooms.frames import Event, error_frame, utc_now
from rooms.manager import ConnectionManager
from settings import Settings


class Rooms:
    """What an endpoint needs: join, say, leave."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.manager = ConnectionManager()
        self._worker = f"rooms-{uuid4().hex}"
        self._bus = Bus(
            settings.database_url.get_secret_value(),
            self._worker,
            presence.CHANNEL,
            rider=self,
            at_once=max(1, settings.client_queue_size // 8),  # far less than fills a client's queue
            check_seconds=settings.presence_check_seconds,
        )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Connected to the other processes, as soon as the database is there."""
        listening = asyncio.create_task(self._bus.run())
        await self._bus.tried.wait()
        yield
        listening.cancel()
        await asyncio.wait([listening])
        self._bus.close()

    async def join(self, client: Client) -> None:
        """Tell everyone that the client is here. From `manager.add` on it gets all that is said."""
        try:
            await presence.arrive(self._bus.execute, self._worker, client)
        except BusError:
            client.offer(error_frame("The database is away: nobody can be reached until it is back"))

    async def say(self, client: Client, text: str) -> None:
        """Send a text to everyone in the client's room, on every process."""
        event = Event("message", client.room, client.name, utc_now(), client.id, text)
        try:
            await self._bus.publish(event.payload())
        except BusError:
            client.offer(error_frame("Not sent, as far as we know: the database did not take it. Try again"))

    async def leave(self, client: Client) -> None:
        """Tell everyone that the client is gone. If that fails now, `check` does it later."""
        with contextlib.suppress(BusError):
            await presence.leave(self._bus.execute, client)

    async def catch_up(self, connection: asyncpg.Connection) -> None:
        """After a new connection: write our clients down, and read who else is there."""
        await connection.execute(presence.CREATE_TABLE)
        await presence.reconcile(self._bus.execute, self._worker, self.manager.clients())
        self.manager.catch_up(await presence.read_members(connection))

    def receive(self, payload: str) -> None:
        """Hand an event to our clients. What is no event of ours is left alone: the channel is open to others."""
        try:
            event = Event.from_payload(payload)
        except (ValueError, TypeError):
            return
        self.manager.deliver(event)

    async def check(self) -> None:
        """Make the table true again: our own clients first, then those of workers that were killed.

        The first check comes some seconds after a new connection. By then the other workers have theirs again.
        """
        await presence.reconcile(self._bus.execute, self._worker, self.manager.clients())
        await presence.sweep(self._bus.execute)
