"""The app as it really runs: uvicorn in processes of its own, and clients on real sockets."""

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

HERE = Path(__file__).parent.parent
DEADLINE_SECONDS = 30  # for what should take a second, on a busy machine
ROOM_BYTES = 4_096  # for what a client that does not read has been sent
ON_WINDOWS = sys.platform == "win32"


class Server:
    """A server's processes, and what they write to their log."""

    def __init__(self, process: asyncio.subprocess.Process, workers: int) -> None:
        self._process = process
        self._workers = workers
        self.lines: list[str] = []
        self._news = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self._process.stderr
        while line := await self._process.stderr.readline():
            self.lines.append(line.decode())
            self._news.set()
        self._news.set()

    def logged(self, pattern: str) -> list[str]:
        """What matched in the log so far: the pattern's first group in each line."""
        return [match.group(1) for line in self.lines if (match := re.search(pattern, line))]

    async def until_logged(self, pattern: str, times: int = 1) -> list[str]:
        """Wait until that many lines of the log match. Fails if they do not come."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while len(found := self.logged(pattern)) < times:
                last = self.lines[-1].strip() if self.lines else "without a word"
                assert not self._reader.done(), f"the server ended: {last}\n" + "".join(self.lines)
                self._news.clear()
                await self._news.wait()
        return found

    async def until_ready(self) -> None:
        self.address = (await self.until_logged(r"running on http://(\S+)"))[0]
        await self.until_logged("(Application startup complete)", self._workers)

    @property
    def worker_pids(self) -> list[int]:
        """The processes that serve, in the order of their start."""
        return [int(pid) for pid in self.logged(r"Started server process \[(\d+)\]")]

    def connect(self, path: str, **options: Any) -> connect:
        """A client that reads all that comes, at once: `async with server.connect("/ws/notify") as client`.

        Nothing is compressed: the equal letters of a flood would all but vanish.
        """
        options = {"proxy": None, "open_timeout": DEADLINE_SECONDS, "max_queue": None, "compression": None, **options}
        return connect(f"ws://{self.address}{path}", **options)

    def deaf(self) -> dict[str, Any]:
        """Options of a client that does not read. Its library stops at one frame, and its system has little room."""
        host, _, port = self.address.partition(":")
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM_BYTES)
        if sys.platform == "linux":  # there a system keeps room for what it sends by the size of the pieces
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, ROOM_BYTES // 4)
        sock.connect((host, int(port)))
        return {"max_queue": 1, "close_timeout": 0.1, "sock": sock}

    def join(self, name: str, room: str = "lobby", **options: Any) -> connect:
        """A client in a room."""
        return self.connect(f"/ws/rooms/{room}?name={name}", **options)

    def stop(self) -> None:
        """Ask the server to end, as a host does before a new deployment."""
        if self._process.returncode is None:
            self._process.send_signal(signal.CTRL_BREAK_EVENT if ON_WINDOWS else signal.SIGTERM)

    async def ended(self) -> None:
        """Wait until all its processes are gone."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            await self._process.wait()
            await self._reader

    async def kill(self) -> None:
        """The end of a test that may have gone wrong."""
        self.stop()
        try:
            await self.ended()
        except TimeoutError:
            for pid in (self._process.pid, *self.worker_pids):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM if ON_WINDOWS else signal.SIGKILL)
            await self.ended()
            raise


@asynccontextmanager
async def serving(database_url: str, workers: int = 1, **settings: str) -> AsyncIterator[Server]:
    """The app, served by so many worker processes."""
    command = [sys.executable, "-m", "uvicorn", "websocket_example:app", "--port", "0", "--workers", str(workers)]
    flags = subprocess.CREATE_NEW_PROCESS_GROUP if sys.platform == "win32" else 0
    process = await asyncio.create_subprocess_exec(
        *command,
        *("--timeout-graceful-shutdown", "5", "--no-use-colors"),
        cwd=HERE,
        env={**os.environ, "DATABASE_URL": database_url, "DATABASE_DIRECT_URL": database_url, **settings},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        creationflags=flags,
    )
    server = Server(process, workers)
    try:
        await server.until_ready()
        yield server
    finally:
        await server.kill()


async def event(client: ClientConnection, *types: str) -> dict[str, Any]:
    """A client's next event, or its next of one of these types."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while True:
            event: dict[str, Any] = json.loads(await client.recv())
            if not types or event["type"] in types:
                return event


async def texts(client: ClientConnection, count: int) -> list[str]:
    """The texts of a client's next messages, so many."""
    return [(await event(client, "message"))["text"] for _ in range(count)]


async def say(client: ClientConnection, text: str) -> None:
    await client.send(json.dumps({"text": text}))
