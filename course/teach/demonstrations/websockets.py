"""Module 5b: how long a message takes to everyone in a room, and one client that stops reading."""

import asyncio
import json
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from course.teach import plots
from course.teach.demonstrations import fresh
from course.teach.measure import percentile
from course.teach.stage import App

CROWDS, SAID = (10, 50, 100, 200), 20
MESSAGES, EVERY_SECONDS, READERS = 1_600, 0.004, 10
TEXT = json.dumps({"text": "x" * 4_000})


async def deliveries(app: App) -> dict[int, list[float]]:
    """The milliseconds of each delivery, by the number of readers: somebody says twenty things, one every 50 ms."""
    return {readers: await _fan_out(app, readers) for readers in CROWDS}


async def _fan_out(app: App, readers: int) -> list[float]:
    crowd = fresh(f"crowd-{readers}-")
    sockets = [await _joined(app, crowd, number) for number in range(readers)]
    sent: dict[str, float] = {}
    taken = []

    async def read(each: ClientConnection) -> None:
        expected = 0
        while expected < SAID:
            event = json.loads(await each.recv())
            if event["type"] == "message":
                assert event["text"] == str(expected), "each message comes once, and in its order"
                taken.append((time.perf_counter() - sent[event["text"]]) * 1000)
                expected += 1

    reading = [asyncio.create_task(read(each)) for each in sockets]
    await asyncio.sleep(0.3)  # until the last arrivals are told
    for number in range(SAID):
        sent[str(number)] = time.perf_counter()
        await sockets[0].send(json.dumps({"text": str(number)}))
        await asyncio.sleep(0.05)
    await asyncio.gather(*reading)
    await asyncio.gather(*(each.close() for each in sockets))
    return taken


async def _joined(app: App, room: str, number: int) -> ClientConnection:
    """A socket in a room, which has read until it is told that it is there itself."""
    connection = await app.websocket(f"/ws/rooms/{room}?name=reader{number}", compression=None)
    while json.loads(await connection.recv())["from"] != f"reader{number}":
        pass
    return connection


def plot_deliveries(taken: Mapping[int, Sequence[float]]) -> None:
    """The median and the 99th percentile, by the number of readers. No message may be missing."""
    median, p99 = ([(readers, percentile(ms, rank)) for readers, ms in taken.items()] for rank in (50, 99))
    readers, slowest = p99[-1]
    plots.lines(
        f"{readers} people in a room: p99 of a delivery is {slowest:.0f} ms",
        {"p99": p99, "median": median},
        x="readers in the room, on two processes",
        y="ms from sending to reading",
        looks=plots.NEITHER,
    )
    assert all(len(ms) == readers * SAID for readers, ms in taken.items()), "nothing is lost"


@dataclass(frozen=True)
class Tunnel:
    """A room in which one has stopped reading: what the slowest of the others has read over time, and who stays."""

    curve: list[tuple[float, float]]
    connected: int
    members: list[str]

    @property
    def read(self) -> int:
        return int(self.curve[-1][1])


async def one_stops_reading(app: App) -> Tunnel:
    """Eleven in a room, one of whom stops reading, while somebody goes on talking, until nothing comes any more."""
    room = f"/ws/rooms/{fresh('tunnel-')}?name="
    options: dict[str, Any] = {"compression": None, "ping_interval": None}
    silent = await app.websocket(room + "silent", sock=_with_a_small_buffer(app), max_queue=1, **options)
    sockets = [await app.websocket(f"{room}reader{number}", **options) for number in range(READERS)]
    read = [0] * READERS
    curve: list[tuple[float, float]] = []
    start = time.perf_counter()

    async def count(number: int) -> None:
        with suppress(ConnectionClosed):
            async for frame in sockets[number]:
                read[number] += '"type":"message"' in str(frame)

    async def look() -> None:
        while min(read) < MESSAGES:
            curve.append((time.perf_counter() - start, min(read)))
            await asyncio.sleep(0.05)

    reading = [asyncio.create_task(count(number)) for number in range(READERS)]
    looking = asyncio.create_task(look())
    with suppress(ConnectionClosed):
        for number in range(MESSAGES):
            await sockets[0].send(TEXT)
            await asyncio.sleep(max(0, start + number * EVERY_SECONDS - time.perf_counter()))
    last = -1
    while last < min(read) < MESSAGES:
        last = min(read)
        await asyncio.sleep(1)
    looking.cancel()
    curve.append((time.perf_counter() - start, min(read)))  # what came since the last look
    connected = sum(not task.done() for task in reading)
    members = [row["name"] for row in await app.rows("SELECT name FROM room_members ORDER BY name")]
    await asyncio.gather(*(each.close() for each in sockets))
    silent.transport.abort()
    await asyncio.gather(*reading)
    return Tunnel(curve, connected, members)


def _with_a_small_buffer(app: App) -> socket.socket:
    """A connection for which the client's system keeps little, so that the server soon notices."""
    address = urlsplit(app.url)
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.connect((address.hostname, address.port))
    return small


def plot_tunnels(wrong: Tunnel, right: Tunnel) -> None:
    """The messages read over time. Side by side all of them come; one after the other, one client holds up all."""
    plots.lines(
        f"One of {READERS + 1} stops reading: the others get {wrong.read:,} messages\nof {MESSAGES:,}; "
        f"where nobody waits for it, all {right.read:,}",
        {"one after the other": wrong.curve, "side by side": right.curve},
        x="seconds",
        y="messages that each other has read",
        markers=False,
    )
    assert right.read == MESSAGES, "side by side, everyone who reads gets everything"
    assert wrong.read < MESSAGES, "one after the other, one client holds up all"
    assert right.connected == READERS
    assert "silent" not in right.members, "who does not read has to go"
