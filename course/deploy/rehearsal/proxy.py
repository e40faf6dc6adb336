"""The host's edge: the one address that clients know, in front of the version that is active."""

import asyncio
import itertools
import time
import uuid
from collections import defaultdict
from contextlib import suppress
from typing import Self

from course.deploy.rehearsal.wire import HEAD_BYTES_MAX, Connection, Gone, Message, read_message

HOST = "127.0.0.1"
IDLE_SECONDS = 2.0  # well below the 5 s after which uvicorn closes a connection that nobody uses
# What the client has sent under these names is replaced: the app believes them, since the proxy says it.
OWN_HEADERS = (b"x-real-ip", b"x-forwarded-proto", b"x-request-start", b"x-railway-request-id")
PIECE_BYTES = 64 * 1024
BAD_GATEWAY = Message(b"HTTP/1.1 502 Bad Gateway", [(b"Content-Length", b"0")])


class Proxy:
    """Passes HTTP/1.1 and WebSockets on to the active version. Use it with `async with`.

    A message is read whole before it is passed on. Each request goes to the version that is active when it comes, so
    a switch cuts nothing off; a WebSocket stays where it was opened until that version ends it. Where a version has
    several replicas, they take turns.
    """

    def __init__(self) -> None:
        self.port = 0
        self._active: tuple[int, ...] = ()
        self._turns = itertools.count()
        self._idle: dict[int, list[Connection]] = defaultdict(list)
        self._clients: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, HOST, 0, limit=HEAD_BYTES_MAX)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        for idle in self._idle.values():
            for connection in idle:
                connection.close()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def switch(self, *ports: int) -> None:
        """Make the version that listens on this port, or with its replicas on these, the active one."""
        for port in set(self._active) - set(ports):
            for connection in self._idle.pop(port, []):
                connection.close()
        self._active = ports

    def _next(self) -> int:
        """The port whose turn it is. Raises ConnectionRefusedError while no version is active."""
        if not self._active:
            raise ConnectionRefusedError("no version is active")
        return self._active[next(self._turns) % len(self._active)]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = asyncio.current_task()
        assert client is not None
        self._clients.add(client)
        try:
            await self._serve(reader, writer)
        except (Gone, OSError, ValueError, IndexError):  # the client has gone, or does not speak HTTP
            pass
        except asyncio.CancelledError:  # the end of the rehearsal, which asyncio would report as an error
            pass
        finally:
            self._clients.discard(client)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request after the other."""
        address = writer.get_extra_info("peername")[0]
        while True:
            request = _forwarded(await read_message(reader), address)
            if request.header(b"upgrade") == b"websocket":
                await self._tunnel(request, reader, writer)
                return
            writer.write((await self._ask(request)).encoded())
            await writer.drain()
            if request.header(b"connection") == b"close":
                return

    async def _ask(self, request: Message) -> Message:
        """The active version's answer to a request, or a 502."""
        connection = None
        try:
            connection = await self._connect()
            response = await connection.exchange(request)
        except (Gone, OSError):
            if connection:
                connection.close()
            return BAD_GATEWAY
        except BaseException:
            if connection:
                connection.close()
            raise
        if response.header(b"connection") == b"close" or connection.port not in self._active:
            connection.close()
            response.headers = [(key, value) for key, value in response.headers if key.lower() != b"connection"]
        else:
            self._idle[connection.port].append(connection)
        return response

    async def _connect(self) -> Connection:
        """A connection to the active version, an idle one if there is one that is fresh."""
        port = self._next()
        idle = self._idle[port]
        while idle:
            connection = idle.pop()
            if asyncio.get_running_loop().time() - connection.used < IDLE_SECONDS and not connection.reader.at_eof():
                return connection
            connection.close()
        return await Connection.open(port)

    async def _tunnel(self, request: Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on whatever comes, both ways, until one side ends it."""
        try:
            upstream = await Connection.open(self._next())
        except OSError:
            writer.write(BAD_GATEWAY.encoded())
            return
        try:
            upstream.writer.write(request.encoded())
            ways = [
                asyncio.create_task(_pipe(reader, upstream.writer)),
                asyncio.create_task(_pipe(upstream.reader, writer)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                await asyncio.wait(ways, timeout=1)  # the other side may still have a word to say
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        finally:
            upstream.close()


async def _pipe(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await source.read(PIECE_BYTES):
            sink.write(piece)
            await sink.drain()
        if sink.can_write_eof():
            sink.write_eof()


def _forwarded(request: Message, address: str) -> Message:
    """The request as the version sees it: with the proxy's word on who sent it, and how."""
    before = request.header(b"x-forwarded-for").decode("latin-1")
    dropped = (*OWN_HEADERS, b"x-forwarded-for")
    added = {
        "X-Real-IP": address,
        "X-Forwarded-For": f"{before}, {address}" if before else address,
        "X-Forwarded-Proto": "https",
        "X-Request-Start": str(int(time.time() * 1000)),
        "X-Railway-Request-Id": uuid.uuid4().hex,
    }
    kept = [header for header in request.headers if header[0].lower() not in dropped]
    headers = [*kept, *((name.encode(), value.encode("latin-1")) for name, value in added.items())]
    return Message(request.first, headers, request.body)
