"""What other processes say: PostgreSQL's LISTEN, on a connection of its own that comes back by itself."""

import asyncio
import logging
import random
from collections.abc import Callable, Iterator

import asyncpg
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

from app.core.database_url import connection_options
from app.core.settings import Settings

APPLICATION_NAME = "blog listener"  # tells this connection from those of the pool in pg_stat_activity
CONNECT_SECONDS = 5
CHECK_SECONDS = 10
RETRY_SECONDS = (0.1, 1)  # how long to wait before connecting again: the first time, and at most
DATABASE_ERRORS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)  # OSError: refused, not found, timed out

logger = logging.getLogger(__name__)


class Listener:
    """Hears what is said on a channel, in whatever process of whatever machine.

    `on_connected` runs after each new connection: what was said while there was none is lost. `on_payload` runs for
    each payload. Both must not wait.
    """

    def __init__(
        self,
        settings: Settings,
        channel: str,
        *,
        on_connected: Callable[[], None],
        on_payload: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._channel = channel
        self._on_connected = on_connected
        self._on_payload = on_payload
        self.listening = asyncio.Event()

    async def run(self) -> None:
        """Listen for as long as the process lives. After a loss, connect again, with growing pauses."""
        pauses, told = _growing_pauses(), ""
        while True:
            try:
                await self._listen()
                problem, told, pauses = "the connection was lost", "", _growing_pauses()
            except DATABASE_ERRORS as error:
                problem = type(error).__name__  # its text may name users and addresses
            except Exception as error:  # a mistake of ours must not end the listening for good
                problem = type(error).__name__
                if problem != told:
                    logger.exception("Listening failed")
            if problem != told:  # what is still the same needs no line every second
                logger.warning("Not listening to the database (%s); trying again until it is there", problem)
                told = problem
            await asyncio.sleep(next(pauses))

    async def _listen(self) -> None:
        """Connect, and hand on what is said until the connection is lost."""
        connection = await _connect(self._settings)
        lost = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(self._channel, lambda *heard: self._on_payload(str(heard[-1])))
            self._on_connected()
            self.listening.set()
            logger.info("Listening to the database")
            while not lost.is_set():
                try:
                    async with asyncio.timeout(CHECK_SECONDS):
                        await lost.wait()
                except TimeoutError:
                    await connection.execute("SELECT 1")  # one that only seems to be there fails here
        finally:
            self.listening.clear()
            connection.terminate()


async def _connect(settings: Settings) -> asyncpg.Connection:
    url, arguments = connection_options(settings.database_url.get_secret_value())
    _, address = PGDialect_asyncpg().create_connect_args(url)  # type: ignore[no-untyped-call]
    server_settings = arguments.get("server_settings", {}) | {"application_name": APPLICATION_NAME}
    options = address | arguments | {"server_settings": server_settings}
    return await asyncpg.connect(**options, timeout=CONNECT_SECONDS, command_timeout=CONNECT_SECONDS)


def _growing_pauses() -> Iterator[float]:
    """Seconds to wait: each about twice the last, and not the same in two processes, or all would come at once."""
    pause, longest = RETRY_SECONDS
    while True:
        yield pause * random.uniform(0.75, 1.25)  # noqa: S311 (no secret)
        pause = min(pause * 2, longest)
