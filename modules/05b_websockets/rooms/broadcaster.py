"""The broadcaster between processes, publish and subscribe: PostgreSQL's NOTIFY and LISTEN.

Each process has one connection that listens and comes back by itself, and one that publishes, behind a lock, because
a connection does one thing at a time. What a process publishes comes back to it as it comes to all the others, so
everyone sees the same events in the same order.
"""

import asyncio
import itertools
import logging
from typing import Protocol

import asyncpg

from rooms.postgres import DATABASE_ERRORS, NoDatabase, connect, growing_pauses, refuse_unusable

logger = logging.getLogger("uvicorn.error")  # uvicorn's own log, so that these lines stand among its own

BACKLOG_MAX = 10_000  # payloads that may wait to be handed out; a process further behind starts again, with a gap


class BroadcastError(Exception):
    """The database did not take it. Nobody should try again unasked: it might arrive twice."""


class Receiver(Protocol):
    """Who is told of what is published."""

    async def catch_up(self, connection: asyncpg.Connection) -> None:
        """After each new connection. What is published from then on is received afterwards."""

    def receive(self, payload: str) -> None:
        """Something was published, by whatever process. Must not wait."""

    async def check(self) -> None:
        """Now and then, while the connection is there."""


class Broadcaster:
    """The way to every other process that uses the same database."""

    def __init__(
        self, url: str, name: str, channel: str, receiver: Receiver, at_once: int, check_seconds: float
    ) -> None:
        self._url = url
        self._name = name
        self._channel = channel
        self._receiver = receiver
        self._at_once = at_once  # payloads that the receiver takes without a pause
        self._check_seconds = check_seconds
        self._listener: asyncpg.Connection | None = None
        self._publisher: asyncpg.Connection | None = None
        self._lock = asyncio.Lock()
        self.tried = asyncio.Event()  # the first attempt to connect is over, whatever came of it

    async def run(self) -> None:
        """Listen for as long as the process lives; after a loss, connect again, with growing pauses.

        Raises NoDatabase if the first attempt shows that no other will succeed.
        """
        pauses, told = growing_pauses(), ""
        while True:
            try:
                await self._listen()
                problem, told, pauses = "the connection was lost", "", growing_pauses()
            except NoDatabase:
                raise
            except (*DATABASE_ERRORS, BroadcastError) as error:
                if not self.tried.is_set():
                    refuse_unusable(error, self._url)
                problem = f"{type(error).__name__}: {error}"
            except Exception as error:  # a mistake of ours must not end the listening for good
                problem = f"{type(error).__name__}: {error}"
                if problem != told:
                    logger.exception("Rooms: the listening failed")
            finally:
                self._hang_up()
                self.tried.set()
            if problem != told:  # what is still the same needs no line every other second
                logger.warning("Rooms: not connected (%s); trying again until it is", problem)
                told = problem
            await asyncio.sleep(next(pauses))

    async def execute(self, statement: str, *values: object) -> None:
        """Run one statement on the connection that publishes. Raises BroadcastError."""
        if self._listener is None:
            raise BroadcastError("not listening")  # at once: nobody here could hear the answer
        async with self._lock:
            try:
                if self._publisher is None or self._publisher.is_closed():
                    self._publisher = await connect(self._url, self._name)
                await self._publisher.execute(statement, *values)
            except DATABASE_ERRORS as error:
                if self._publisher is not None:
                    self._publisher.terminate()
                raise BroadcastError(f"{type(error).__name__}: {error}") from error

    async def publish(self, payload: str) -> None:
        """Tell everyone who listens. Raises BroadcastError."""
        await self.execute("SELECT pg_notify($1, $2)", self._channel, payload)

    def close(self) -> None:
        """Cut both connections."""
        self._hang_up()
        if self._publisher is not None:
            self._publisher.terminate()

    async def _listen(self) -> None:
        """Connect, and hand out what is published until the connection is lost."""
        backlog: asyncio.Queue[str | None] = asyncio.Queue()  # None: that was all
        connection = self._listener = await connect(self._url, self._name)

        def receive(_connection: object, _pid: int, _channel: str, payload: str) -> None:
            if backlog.qsize() < BACKLOG_MAX:
                backlog.put_nowait(payload)
            else:
                connection.terminate()

        connection.add_termination_listener(lambda _connection: backlog.put_nowait(None))
        await connection.add_listener(self._channel, receive)
        await self._receiver.catch_up(connection)
        logger.info("Rooms: listening to the database")
        self.tried.set()
        checking = asyncio.create_task(self._check(connection))
        try:
            await self._hand_out(backlog)
        finally:
            checking.cancel()

    async def _hand_out(self, backlog: asyncio.Queue[str | None]) -> None:
        for count in itertools.count(1):
            payload = await backlog.get()
            if payload is None:
                return
            self._receiver.receive(payload)
            if count % self._at_once == 0:
                # PostgreSQL sends many at once. In this pause every client's sender empties its queue.
                await asyncio.sleep(0)

    async def _check(self, connection: asyncpg.Connection) -> None:
        """Now and then, see whether the connection is really there. One that only seems to be is cut."""
        while not connection.is_closed():
            await asyncio.sleep(self._check_seconds)
            try:
                await connection.execute("SELECT 1")
                await self._receiver.check()
            except DATABASE_ERRORS:
                connection.terminate()
            except BroadcastError as error:
                logger.warning("Rooms: a check failed (%s); the next one may not", error)
            except Exception:  # nor must a mistake of ours end the checks
                logger.exception("Rooms: a check failed")

    def _hang_up(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.terminate()
