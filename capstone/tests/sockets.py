"""WebSockets without a network: they talk to the app in this process, as a server would."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

from databases import DEADLINE_SECONDS
from fastapi import FastAPI

from app.config.settings import Settings
from app.database.listener import Listener
from app.services.announcements import CHANNEL


@asynccontextmanager
async def hearing(settings: Settings) -> AsyncIterator[asyncio.Queue[str]]:
    """What is announced from here on, as another process hears it."""
    heard: asyncio.Queue[str] = asyncio.Queue()
    listener = Listener(settings, CHANNEL, on_connected=lambda: None, on_payload=heard.put_nowait)
    listening = asyncio.create_task(listener.run())
    async with asyncio.timeout(DEADLINE_SECONDS):
        await listener.listening.wait()
        yield heard
    listening.cancel()
    await asyncio.wait([listening])


class RefusedError(Exception):
    """The app did not accept the connection, and answered with this status."""

    def __init__(self, status: int, headers: dict[str, str]) -> None:
        super().__init__(status)
        self.status = status
        self.headers = headers


class ClosedError(Exception):
    """The app closed the connection, with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Socket:
    """A watcher of a post: `async with Socket(app, post_id) as socket`. It can stop reading."""

    def __init__(self, app: FastAPI, post_id: int | str, **headers: str) -> None:
        path = f"/ws/posts/{post_id}"
        self._scope = {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "scheme": "ws",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in {"host": "app.test", **headers}.items()],
            "client": ("127.0.0.1", 1),
            "server": ("app.test", 80),
            "subprotocols": [],
            "extensions": {"websocket.http.response": {}},
        }
        self._app = app
        self._to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._from_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.reading = asyncio.Event()  # while it is cleared, the app's sends wait, as for a full network buffer
        self.reading.set()

    async def __aenter__(self) -> Self:
        self._to_app.put_nowait({"type": "websocket.connect"})
        self._task = asyncio.create_task(self._app(self._scope, self._to_app.get, self._take))
        answer = await self._next()
        if answer["type"] != "websocket.accept":
            await self._task
            headers = {name.decode(): value.decode() for name, value in answer.get("headers", ())}
            raise RefusedError(answer.get("status", 403), headers)  # a close before the accept is a 403
        return self

    async def __aexit__(self, *_: object) -> None:
        self._to_app.put_nowait({"type": "websocket.disconnect", "code": 1000})
        async with asyncio.timeout(DEADLINE_SECONDS):
            await self._task

    async def _take(self, message: dict[str, Any]) -> None:
        await self.reading.wait()
        self._from_app.put_nowait(message)

    async def _next(self) -> dict[str, Any]:
        taking = asyncio.ensure_future(self._from_app.get())
        await asyncio.wait({taking, self._task}, timeout=DEADLINE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if taking.done():
            return taking.result()
        taking.cancel()
        assert not self._task.done() or self._task.result(), "the app ended the connection without a word"
        raise AssertionError(f"nothing came from the app within {DEADLINE_SECONDS} s")

    def send(self, frame: str | bytes) -> None:
        """Send a frame to the app."""
        self._to_app.put_nowait({"type": "websocket.receive", "bytes" if isinstance(frame, bytes) else "text": frame})

    async def event(self) -> dict[str, Any]:
        """The app's next event. Raises ClosedError."""
        message = await self._next()
        if message["type"] == "websocket.close":
            raise ClosedError(message["code"])
        event: dict[str, Any] = json.loads(message["text"])
        return event

    async def close_code(self) -> int:
        """The code with which the app closes the connection, whatever comes before."""
        try:
            while True:
                await self.event()
        except ClosedError as error:
            return error.code
