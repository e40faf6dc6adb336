"""HTTP/1.1 with nothing around it, for the proxy, the health check and the load.

A client library would take most of this machine's time at 200 requests a second, and the app is to have that.
"""

import asyncio
from dataclasses import dataclass
from typing import Self

HEAD_BYTES_MAX = 256 * 1024
NO_BODY = (b"204", b"304")


class Gone(Exception):  # noqa: N818 (it is named for what happened)
    """The other side closed the connection where a message should have been."""


@dataclass
class Message:
    """A request or a response: its first line, its headers in their order, and its body as it was sent."""

    first: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""

    def header(self, name: bytes) -> bytes:
        """The value of a header, in lower case; empty if there is none."""
        return next((value for key, value in self.headers if key.lower() == name), b"").lower()

    @property
    def status(self) -> int:
        return int(self.first.split()[1])

    def encoded(self) -> bytes:
        head = b"".join(b"%s: %s\r\n" % header for header in self.headers)
        return b"%s\r\n%s\r\n%s" % (self.first, head, self.body)


async def read_message(reader: asyncio.StreamReader, *, answers: bytes | None = None) -> Message:
    """Read one message. `answers` is the method of the request that a response answers. Raises Gone."""
    try:
        first, *lines = (await reader.readuntil(b"\r\n\r\n"))[:-4].split(b"\r\n")
        headers = [(key, value.strip()) for key, _, value in (line.partition(b":") for line in lines)]
        message = Message(first, headers)
        if answers is None or (answers != b"HEAD" and first.split()[1] not in NO_BODY):
            message.body = await _read_body(reader, message)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError) as error:
        raise Gone from error
    return message


async def _read_body(reader: asyncio.StreamReader, message: Message) -> bytes:
    """The body: in chunks, which stay as they are, or of a declared length. Nothing else can be followed by more."""
    if message.header(b"transfer-encoding") == b"chunked":
        pieces = []
        while True:
            pieces.append(line := await reader.readuntil(b"\r\n"))
            if (size := int(line.partition(b";")[0], 16)) == 0:
                break
            pieces.append(await reader.readexactly(size + 2))
        while pieces[-1] != b"\r\n":  # what may follow the last chunk ends with an empty line
            pieces.append(await reader.readuntil(b"\r\n"))
        return b"".join(pieces)
    return await reader.readexactly(int(message.header(b"content-length") or 0))


class Connection:
    """A connection to a server on this machine that is kept open from one request to the next."""

    def __init__(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.port = port
        self.reader = reader
        self.writer = writer
        self.used = asyncio.get_running_loop().time()

    @classmethod
    async def open(cls, port: int, host: str = "127.0.0.1") -> Self:
        """Connect. Raises OSError if nobody listens."""
        return cls(port, *await asyncio.open_connection(host, port, limit=HEAD_BYTES_MAX))

    async def exchange(self, request: Message) -> Message:
        """Send a request, and return its response. Raises Gone, or OSError."""
        self.writer.write(request.encoded())
        response = await read_message(self.reader, answers=request.first.split()[0])
        self.used = asyncio.get_running_loop().time()
        return response

    def close(self) -> None:
        self.writer.close()


def request(method: str, path: str, *, host: str, body: bytes = b"", **headers: str) -> Message:
    """A request: `content_type="..."` becomes the header Content-Type."""
    named = {"host": host, "content-length": str(len(body)), **headers}
    encoded = [(name.replace("_", "-").title().encode(), value.encode()) for name, value in named.items()]
    return Message(f"{method} {path} HTTP/1.1".encode(), encoded, body)
