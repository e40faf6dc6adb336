"""A WebSocket client for the suites: the same calls whether the app is in this process or behind an address."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol, Self

import httpx
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus

from course.environment import websocket

DEADLINE_SECONDS = 30


class RefusedError(Exception):
    """The handshake was refused, with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Socket(Protocol):
    """One connection, opened by `async with`. Raises RefusedError if it is not accepted.

    `close_code` is for where nothing but the end should come, `end` for where something may come before. `send_raw`
    sends bytes as they are; it and `end` are for the network alone.
    """

    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *exc_info: object) -> None: ...
    async def send(self, frame: str | bytes) -> None: ...
    async def receive(self) -> str: ...
    async def close_code(self) -> int: ...
    async def send_raw(self, raw: bytes) -> None: ...
    async def end(self) -> int: ...


Open = Callable[..., Socket]  # a path, and perhaps origin="https://..."


class AppSocket:
    """A connection to an app in this process, which is spoken to as a server would."""

    def __init__(self, app: Any, path: str, origin: str | None = None) -> None:
        url = httpx.URL(f"ws://contract.test{path}")
        headers = [(b"host", b"contract.test"), *([(b"origin", origin.encode())] if origin else [])]
        self._scope = {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "ws",
            "path": url.path,
            "raw_path": url.raw_path.partition(b"?")[0],
            "query_string": url.query,
            "root_path": "",
            "headers": headers,
            "client": ("127.0.0.1", 12345),
            "server": ("contract.test", 80),
            "subprotocols": [],
            "extensions": {"websocket.http.response": {}},
        }
        self._app = app
        self._to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._from_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        self._to_app.put_nowait({"type": "websocket.connect"})
        self._task = asyncio.create_task(self._app(self._scope, self._to_app.get, self._from_app.put))
        answer = await self._next()
        if answer["type"] != "websocket.accept":
            self._to_app.put_nowait({"type": "websocket.disconnect", "code": 1006})
            await self._task
            raise RefusedError(answer.get("status", 403))  # a close before the accept is a 403
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._to_app.put_nowait({"type": "websocket.disconnect", "code": 1000})
        async with asyncio.timeout(DEADLINE_SECONDS):
            await self._task

    async def _next(self) -> dict[str, Any]:
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await self._from_app.get()

    async def send(self, frame: str | bytes) -> None:
        kind = "bytes" if isinstance(frame, bytes) else "text"
        self._to_app.put_nowait({"type": "websocket.receive", kind: frame})

    async def receive(self) -> str:
        message = await self._next()
        assert message["type"] == "websocket.send", f"the app closed the connection: {message}"
        return str(message["text"])

    async def close_code(self) -> int:
        message = await self._next()
        assert message["type"] == "websocket.close", f"the app went on: {message}"
        return int(message.get("code", 1000))

    async def send_raw(self, raw: bytes) -> None:
        raise NotImplementedError("in-process there are no frames, only messages")

    async def end(self) -> int:
        raise NotImplementedError("in-process the app's task is the connection")


class WireSocket:
    """A connection over the network."""

    def __init__(self, base_url: str, path: str, origin: str | None = None) -> None:
        url = str(httpx.URL(base_url).join(path)).replace("http", "ws", 1)
        self._opening = websocket(url, origin=origin, open_timeout=DEADLINE_SECONDS, max_queue=None, write_limit=0)  # type: ignore[arg-type]

    async def __aenter__(self) -> Self:
        try:
            self._connection: ClientConnection = await self._opening
        except InvalidStatus as error:
            raise RefusedError(error.response.status_code) from error
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._connection.close()

    async def send(self, frame: str | bytes) -> None:
        await self._connection.send(frame)

    async def receive(self) -> str:
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                return str(await self._connection.recv())
        except ConnectionClosed as error:
            raise AssertionError(f"the server closed the connection: {error}") from error

    async def close_code(self) -> int:
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                message = await self._connection.recv()
        except ConnectionClosed as error:
            return error.rcvd.code if error.rcvd else 1006
        raise AssertionError(f"the server went on: {message!r}")

    async def send_raw(self, raw: bytes) -> None:
        with suppress(ConnectionError):  # the server has closed it meanwhile
            self._connection.transport.write(raw)
            await self._connection.drain()

    async def end(self) -> int:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await self._connection.wait_closed()
        return self._connection.close_code or 1006


def header_of(size: int, *, kind: int = 1, last: bool = True) -> bytes:
    """How a frame of this size begins (RFC 6455, 5.2): of text, unless `kind` says other. Its mask is 0."""
    return bytes([kind | (0x80 if last else 0), 0xFF]) + size.to_bytes(8) + bytes(4)


async def next_event(socket: Socket, *types: str) -> dict[str, Any]:
    """The next event of one of these types."""
    while True:
        event: dict[str, Any] = json.loads(await socket.receive())
        if event["type"] in types:
            return event


async def say(socket: Socket, text: str) -> None:
    await socket.send(json.dumps({"text": text}))
