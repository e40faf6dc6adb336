"""A proxy in front of PostgreSQL that counts the statements which pass: BEGIN, COMMIT and pings too.

In PostgreSQL's protocol (version 3) each message is a letter and a length, but for the first one of a connection, which
has no letter, and the question before it whether the server speaks TLS. A `Q` is a statement as text, an `E` is the
execution of a prepared one.
"""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

STATEMENTS = b"QE"
TLS_REQUEST = struct.pack(">i", 80877103)


class Counter:
    """How many statements have passed."""

    def __init__(self) -> None:
        self.statements = 0

    async def count(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on a client's messages, and count."""
        try:
            asks_for_tls = True
            while asks_for_tls:
                length = await reader.readexactly(4)
                first = await reader.readexactly(struct.unpack(">i", length)[0] - 4)
                asks_for_tls = first == TLS_REQUEST
                writer.write(length + first)
            while True:
                head = await reader.readexactly(5)
                self.statements += head[:1] in STATEMENTS
                writer.write(head + await reader.readexactly(struct.unpack(">i", head[1:])[0] - 4))
        except (asyncio.IncompleteReadError, OSError):
            writer.close()


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on the server's messages."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
    except OSError:
        pass
    finally:
        writer.close()


async def connect(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to the server of a URL, by TCP or by its Unix socket."""
    parts = urlsplit(url)
    if folder := parse_qs(parts.query).get("host"):
        return await asyncio.open_unix_connection(f"{folder[0]}/.s.PGSQL.5432")
    return await asyncio.open_connection(parts.hostname, parts.port or 5432)


@asynccontextmanager
async def counting(url: str) -> AsyncIterator[tuple[str, Counter]]:
    """A URL that leads to the same database past a counter."""
    counter, tasks = Counter(), set[asyncio.Task[None]]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await connect(url)
        for each in (counter.count(reader, server_writer), pass_on(server_reader, writer)):
            tasks.add(asyncio.create_task(each))

    server = await asyncio.start_server(serve, "127.0.0.1")
    parts = urlsplit(url)
    login = parts.netloc.rpartition("@")[0]
    try:
        yield f"postgresql://{login}@127.0.0.1:{server.sockets[0].getsockname()[1]}{parts.path}", counter
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
