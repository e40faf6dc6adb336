"""What other processes say: PostgreSQL's LISTEN, on a connection of its own that comes back by itself."""

import asyncio
import logging
import random
import secrets
from collections.abc import Callable

import asyncpg

from app.config.settings import Settings
from app.database.engine import CONNECT_TIMEOUT_SECONDS, make_direct_engine
from app.database.faults import DATABASE_ERRORS

APPLICATION_NAME = "blog listener"  # tells this connection from those of the pool in pg_stat_activity
CHECK_SECONDS, ECHO_SECONDS = 10, 5
RETRY_SECONDS = (0.1, 1)  # at least and at most; not the same in two processes, or all would connect at once

DEAF = (
    "nothing that is announced arrives, as if DATABASE_URL led to a pooler in transaction mode, where statements fail "
    "now and then too: set DATABASE_DIRECT_URL to the same database's address on the server itself"
)

logger = logging.getLogger(__name__)


class DeafError(Exception):
    """What is announced does not come."""


class Listener:
    """Hears what is said on a channel, in any process. `on_connected` and `on_payload` must not wait."""

    def __init__(
        self,
        settings: Settings,
        channel: str,
        on_connected: Callable[[], None],
        on_payload: Callable[[str], None],
        report: Callable[[BaseException], str | None] = lambda _: None,
    ) -> None:
        self._settings, self._channel = settings, channel
        self._on_connected, self._on_payload, self._report = on_connected, on_payload, report
        self.listening = asyncio.Event()
        self.fault: str | None = None  # why it does not listen, if trying again can't help

    async def run(self) -> None:
        """Listen for as long as the process lives. After a loss, connect again."""
        told = ""
        while True:
            try:
                await self._listen()
                problem, told, self.fault = "the connection was lost", "", None
            except Exception as error:  # a mistake of ours must not end the listening for good
                problem = DEAF if isinstance(error, DeafError) else type(error).__name__  # a text may name users
                self.fault = self._report(error)
                if problem != told and not isinstance(error, (DeafError, *DATABASE_ERRORS)):
                    logger.exception("Listening failed")
            if problem != told:  # what is still the same needs no line every second
                level = logging.ERROR if problem == DEAF else logging.WARNING
                logger.log(level, "Not listening to the database (%s); trying again until it is there", problem)
                told = problem
            await asyncio.sleep(random.uniform(*RETRY_SECONDS))  # noqa: S311 (no secret)

    async def _listen(self) -> None:
        """Connect, and hand on what is said until the connection is lost."""
        connection = await _connect(self._settings)
        lost, echo = asyncio.Event(), asyncio.Event()
        call = secrets.token_hex(8)

        def hear_echo(*heard: object) -> None:
            if heard[-1] == call:
                echo.set()

        try:
            for event in (lost, echo):
                connection.add_termination_listener(lambda _, event=event: event.set())
            await connection.add_listener(self._channel, lambda *heard: self._on_payload(str(heard[-1])))
            await connection.add_listener(f"{self._channel}_echo", hear_echo)
            await self._await_echo(call, echo)
            self._on_connected()
            self.listening.set()
            logger.info("Listening to the database")
            while not lost.is_set():
                try:
                    async with asyncio.timeout(CHECK_SECONDS):
                        await lost.wait()
                except TimeoutError:  # one that only seems to be there fails here
                    await connection.execute("SELECT 1", timeout=CONNECT_TIMEOUT_SECONDS)
        finally:
            self.listening.clear()
            connection.terminate()

    async def _await_echo(self, call: str, echo: asyncio.Event) -> None:
        """Say something where announcements are made: at DATABASE_URL. Raises DeafError if it does not arrive."""
        other = await _connect(self._settings.model_copy(update={"database_direct_url": None}))
        try:
            await other.execute(f"NOTIFY {self._channel}_echo, '{call}'")
        finally:
            other.terminate()
        try:
            async with asyncio.timeout(ECHO_SECONDS):  # Python 3.11's wait_for may swallow that the app ends
                await echo.wait()
        except TimeoutError:
            raise DeafError from None


async def _connect(settings: Settings) -> asyncpg.Connection:
    pooled = await make_direct_engine(settings, APPLICATION_NAME).raw_connection()
    connection = pooled.driver_connection
    pooled.detach()  # it is ours now, and no pool's
    return connection
