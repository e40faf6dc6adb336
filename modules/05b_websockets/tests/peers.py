"""WebSocket peers without a network: they talk to the app in this process, as a server would."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

from fastapi import FastAPI

from settings import Settings

DEADLINE_SECONDS = 6  # for what should take milliseconds, on a busy machine


@asynccontextmanager
async def started(settings: Settings) -> AsyncIterator[FastAPI]:
    """The app with these settings, between its start and its end."""
    from websocket_example import create_app  # only here: it needs settings that can be read

    app = create_app(settings)
    async with app.router.lifespan_context(app):
        if listens := app.state.rooms._broadcaster.tried.is_set():  # or each client would wait in vain
            yield app
    assert listens, "`running` went on before `tried` was set"


class RefusedError(Exception):
    """The app did not accept the connection."""


class ClosedError(Exception):
    """The app closed the connection, with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Peer:
    """A client of the app: `async with Peer(app, "/ws/notify") as peer`. It can stop reading."""

    def __init__(self, app: FastAPI, path: str, **headers: str) -> None:
        path, _, query = path.partition("?")
        self._scope = {
            "type": "websocket",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "scheme": "ws",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in {"host": "test", **headers}.items()],
            "client": ("127.0.0.1", 1),
            "server": ("test", 80),
            "subprotocols": [],
        }
        self._app = app
        self._to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._from_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.reading = asyncio.Event()  # while it is cleared, the app's sends wait, as for a full network buffer
        self.reading.set()
        self._gone = False

    async def __aenter__(self) -> Self:
        self._to_app.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.create_task(self._app(self._scope, self._to_app.get, self._take))
        answer = await self._next()
        if answer["type"] != "websocket.accept":
            await self.task
            path, without = self._scope["path"], answer.get("code", 1000) == 1000
            raise RefusedError(f"no endpoint accepts a WebSocket at {path}" if without else f"refused at {path}")
        return self

    async def __aexit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        self._gone = True
        self.reading.set()
        self._to_app.put_nowait({"type": "websocket.disconnect", "code": 1000})
        if not (await asyncio.wait({self.task}, timeout=DEADLINE_SECONDS))[0]:
            self.task.cancel()
            raise TimeoutError(f"the app was not done with its client within {DEADLINE_SECONDS} s")
        if self.task.exception() is not error:  # raised a second time, it would not say where it came from
            self.task.result()

    async def _take(self, message: dict[str, Any]) -> None:
        await self.reading.wait()
        if self._gone:
            raise OSError("the client is gone")  # as a server says it
        self._from_app.put_nowait(message)

    async def _next(self) -> dict[str, Any]:
        """The app's next message. What made the app end comes out here too."""
        taking = asyncio.ensure_future(self._from_app.get())
        done, _ = await asyncio.wait({taking, self.task}, timeout=DEADLINE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if taking in done:
            return taking.result()
        taking.cancel()
        if self.task in done:
            self.task.result()
            raise AssertionError("the app ended the connection without a word")
        raise AssertionError(f"nothing came from the app within {DEADLINE_SECONDS} s")

    def send(self, frame: str | bytes) -> None:
        """Send a frame as it is."""
        key = "bytes" if isinstance(frame, bytes) else "text"
        self._to_app.put_nowait({"type": "websocket.receive", key: frame})

    def say(self, text: str) -> None:
        """Send a text to the room."""
        self.send(json.dumps({"text": text}))

    async def receive(self) -> str:
        """The app's next frame. Raises ClosedError."""
        message = await self._next()
        if message["type"] == "websocket.close":
            raise ClosedError(message["code"])
        text: str = message["text"]
        return text

    async def event(self, *types: str) -> dict[str, Any]:
        """The app's next event, or its next of one of these types."""
        while True:
            event: dict[str, Any] = json.loads(await self.receive())
            if not types or event["type"] in types:
                return event

    async def texts(self, count: int) -> list[str]:
        """The texts of the next messages, so many."""
        return [(await self.event("message"))["text"] for _ in range(count)]


def as_member(app: FastAPI, room: str = "lobby", **headers: str) -> Peer:
    """A peer at the door of a members' room."""
    return Peer(app, f"/ws/members/{room}", **headers)


def in_room(app: FastAPI, name: str, room: str = "lobby", **headers: str) -> Peer:
    """A peer that joins a room."""
    return Peer(app, f"/ws/rooms/{room}?name={name}", **headers)
