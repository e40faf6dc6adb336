"""Measurements: how long answers take, and what a crowd does to them."""

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter

Ask = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Sample:
    """One answer: when it was asked for, in seconds since the start, and the milliseconds until it came."""

    at: float
    ms: float


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of the values that at least so many percent of them do not exceed (the nearest rank)."""
    return sorted(values)[max(0, math.ceil(percent / 100 * len(values)) - 1)]


async def in_turn(ask: Ask, times: int) -> list[float]:
    """Ask so many times, one after the other; the milliseconds of each answer."""
    taken = []
    for _ in range(times):
        start = perf_counter()
        await ask()
        taken.append((perf_counter() - start) * 1000)
    return taken


@asynccontextmanager
async def probing(
    ask: Ask, *, every: float = 0.05, before: float = 0.2, after: float = 0.2
) -> AsyncIterator[list[Sample]]:
    """Ask every so many seconds while the block runs, and a little before and after; the list is full at its end.

    It never waits for one answer before it asks again: users do not stop coming because the server is slow, and a
    server that stands still for a second would otherwise count as one slow answer.
    """
    samples: list[Sample] = []
    under_way: set[asyncio.Task[None]] = set()
    start = perf_counter()

    async def one(at: float) -> None:
        await ask()
        samples.append(Sample(at, (perf_counter() - start - at) * 1000))

    async def go_on() -> None:
        turn = 0
        while True:
            under_way.add(asyncio.create_task(one(turn * every)))
            turn += 1
            await asyncio.sleep(max(0.0, turn * every - (perf_counter() - start)))

    asking = asyncio.create_task(go_on())
    try:
        await asyncio.sleep(before)
        yield samples
        await asyncio.sleep(after)
    finally:
        asking.cancel()
        await asyncio.gather(*under_way)
        samples.sort(key=lambda sample: sample.at)
