"""What hostile clients cost the server, with our limits and without them."""

import asyncio
import json
import os
import time

from bench.probe import rss_mib, served
from bench.wire import Wire, open_wire

CLIENTS, ANNOUNCED, SENT = 30, 15_000_000, 14_000_000  # unfinished frames: what each says it will be, and what comes
FLOOD, FLOOD_BYTES = 4_000, 4_000
SILENT, SILENT_SECONDS = 200, 15
PING_LIMIT_SECONDS = 90
LOOK_SECONDS = 0.02
HEAD = """| what a client does | | without our limits | with them |
|---|---|---:|---:|"""


def ignore(frame: bytes) -> None:
    """Read it, and be done with it."""


async def unfinished_frames(app: str) -> str:
    """The memory that unfinished frames take."""
    async with served(app, 1) as (port, [pid]):
        before = peak = rss_mib(pid)
        wires = [await open_wire(port, "/ws/notify", ignore) for _ in range(CLIENTS)]
        for wire in wires:
            wire.transport.write(b"\x81\xff" + ANNOUNCED.to_bytes(8) + bytes(4) + bytes(SENT))
        while any(wire.transport.get_write_buffer_size() and not wire.ended.done() for wire in wires):
            await asyncio.sleep(LOOK_SECONDS)
            peak = max(peak, rss_mib(pid))
        await asyncio.sleep(1)
        peak = max(peak, rss_mib(pid))
        end(wires)
    return f"{peak - before:,.0f} MiB"


async def flood(app: str) -> tuple[str, str]:
    """The memory that a flood of texts takes, and how long somebody else's text takes meanwhile, at most."""
    said: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    read: asyncio.Queue[None] = asyncio.Queue()
    async with served(app, 1) as (port, [pid]):
        eve = await open_wire(port, "/ws/rooms/flood?name=eve", lambda frame: read.put_nowait(None))
        ana = await open_wire(port, "/ws/rooms/calm?name=ana", lambda frame: said.put_nowait(json.loads(frame)))
        await asyncio.gather(read.get(), said.get())
        before = peak = rss_mib(pid)
        for _ in range(FLOOD):
            eve.send(json.dumps({"text": "x" * FLOOD_BYTES}))
        worst = 0.0
        while read.qsize() < FLOOD and not eve.ended.done():
            start = time.perf_counter()
            ana.send('{"text": "hello"}')
            await said.get()
            worst = max(worst, time.perf_counter() - start)
            peak = max(peak, rss_mib(pid))
            await asyncio.sleep(LOOK_SECONDS)
        end([eve, ana])
    return f"{peak - before:,.0f} MiB", f"{worst * 1000:,.0f} ms"


async def silence(app: str, wait_seconds: int) -> str:
    """How many connections are still there that were opened and never used."""
    os.environ["TICKET_WAIT_SECONDS"] = str(wait_seconds)
    async with served(app, 1) as (port, _):
        wires = [await open_wire(port, "/ws/members/silent", ignore) for _ in range(SILENT)]
        await asyncio.sleep(SILENT_SECONDS)
        still = sum(not wire.ended.done() for wire in wires)
        end(wires)
    return f"{still} of {SILENT}"


async def no_pong(app: str) -> str:
    """After how long a connection is closed whose other end answers no ping, as after a cable was pulled."""
    async with served(app, 1) as (port, _):
        wire = await open_wire(port, "/ws/notify", ignore)
        wire.answers_pings = False
        start = time.perf_counter()
        await asyncio.wait([wire.ended], timeout=PING_LIMIT_SECONDS)
        end([wire])
    return f"{time.perf_counter() - start:.0f} s"


def end(wires: list[Wire]) -> None:
    for wire in wires:
        wire.transport.abort()


async def table(ours: str, undefended: str) -> str:
    """One row for each kind of hostile client."""
    bad, good = await unfinished_frames(undefended), await unfinished_frames(ours)
    (bad_memory, bad_worst), (good_memory, good_worst) = await flood(undefended), await flood(ours)
    rows = [
        (f"{CLIENTS} unfinished frames of {SENT // 1_000_000} MB", "memory", bad, good),
        (f"a flood: {FLOOD:,} texts of {FLOOD_BYTES:,} B", "memory", bad_memory, good_memory),
        ("", "somebody else's text takes at most", bad_worst, good_worst),
        (
            f"{SILENT} members without a ticket",
            f"still connected after {SILENT_SECONDS} s",
            await silence(undefended, 60),
            await silence(ours, 10),
        ),
        ("a dead connection: no answer to a ping", "is closed after", "never", await no_pong(ours)),
    ]
    return "\n".join([HEAD, *(f"| {' | '.join(row)} |" for row in rows)])
