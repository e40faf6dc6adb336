"""What LISTEN and NOTIFY carry: what an announcement costs the one who writes, and how soon how many hear of it.

DATABASE_URL=... JWT_SECRET=... python -m bench.notify

The figures of the first table depend on whether a COMMIT waits for the disk (fsync and synchronous_commit).
"""

import asyncio
import os
import statistics
import time
from contextlib import AsyncExitStack

import asyncpg

from bench.data import database
from bench.tables import write

SECONDS = 4.0
WRITERS = (1, 8, 32)
LISTENERS = (1, 10, 50)
SENDERS = 8
INSERT = "INSERT INTO comments (post_id, author_id, body) VALUES (1, 1, 'Well said.')"
NOTIFY = "SELECT pg_notify('bench_live', $1)"


async def connect(stack: AsyncExitStack, url: str) -> asyncpg.Connection:
    """A connection that ends with the stack."""
    connection = await asyncpg.connect(url)
    stack.push_async_callback(connection.close)
    return connection


async def comment_on(connection: asyncpg.Connection, end: float, *, announce: bool) -> int:
    """Write comments, each in a transaction of its own, until the time is over; return how many."""
    count = 0
    while time.monotonic() < end:
        async with connection.transaction():
            await connection.execute(INSERT)
            if announce:
                await connection.execute(NOTIFY, f"comment.created 1 {count}")
        count += 1
    return count


async def commits_per_second(url: str, writers: int, *, announce: bool) -> float:
    """How many comments so many writers get in, with and without an announcement in the transaction."""
    async with AsyncExitStack() as stack:
        connections = [await connect(stack, url) for _ in range(writers)]
        begun = time.monotonic()
        counts = await asyncio.gather(*(comment_on(each, begun + SECONDS, announce=announce) for each in connections))
        return sum(counts) / (time.monotonic() - begun)


async def heard(url: str, listeners: int) -> tuple[float, list[float]]:
    """Announce as fast as it goes. Returns announcements a second, and how many milliseconds each delivery took."""
    delays: list[float] = []
    sent = 0

    def hear(_connection: object, _pid: int, _channel: str, payload: str) -> None:
        delays.append(1000 * (time.perf_counter() - float(payload)))

    async def announce(connection: asyncpg.Connection, end: float) -> None:
        nonlocal sent
        while time.monotonic() < end:
            await connection.execute(NOTIFY, repr(time.perf_counter()))
            sent += 1

    async with AsyncExitStack() as stack:
        for _ in range(listeners):
            await (await connect(stack, url)).add_listener("bench_live", hear)
        senders = [await connect(stack, url) for _ in range(SENDERS)]
        begun = time.monotonic()
        await asyncio.gather(*(announce(each, begun + SECONDS) for each in senders))
        async with asyncio.timeout(60):
            while len(delays) < sent * listeners:  # noqa: ASYNC110 (what has been sent is on its way)
                await asyncio.sleep(0.01)
        return sent / (time.monotonic() - begun), sorted(delays)


async def main() -> None:
    async with database(os.environ["DATABASE_URL"], posts=20) as url:
        connection = await asyncpg.connect(url)
        shown = [f"{name}={await connection.fetchval(f'SHOW {name}')}" for name in ("fsync", "synchronous_commit")]
        await connection.close()
        write(f"{', '.join(shown)}\n")
        write("| writers | comments/s | comments/s, each announced | ratio |\n|---:|---:|---:|---:|")
        for writers in WRITERS:
            plain, announced = [], []
            for _ in range(3):
                plain.append(await commits_per_second(url, writers, announce=False))
                announced.append(await commits_per_second(url, writers, announce=True))
            one, other = statistics.median(plain), statistics.median(announced)
            write(f"| {writers} | {one:,.0f} | {other:,.0f} | {other / one:.2f} |")
        write("\n| listeners | announcements/s | deliveries/s | p50 | p99 |\n|---:|---:|---:|---:|---:|")
        for listeners in LISTENERS:
            rate, delays = await heard(url, listeners)
            p50, p99 = (delays[int(len(delays) * share)] for share in (0.5, 0.99))
            write(f"| {listeners} | {rate:,.0f} | {rate * listeners:,.0f} | {p50:.1f} ms | {p99:.1f} ms |")


if __name__ == "__main__":
    asyncio.run(main())
