"""Measuring: rounds that take turns, their medians, and whose work the processors did meanwhile."""

import asyncio
import os
import resource
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.load import load
from bench.questions import RAW, TITLES, Candidate, once, request
from bench.servers import Server, environment, seconds_worked, served
from bench.wire import counting

HASHERS = 20  # people who log in at once
ATTEMPTS = 3  # at a round that counts
# In processors. Above the first two, and below the third while more than the last is idle, a round says more about
# something else than about the app.
OTHERS_MAX, CLIENT_MAX, LIMIT_MIN, IDLE_MAX = 0.25, 0.9, 0.8, 0.2


@dataclass(frozen=True)
class Plan:
    """How long and how much; and whether a round counts that something else has slowed down."""

    rounds: int
    seconds: int
    connections: int
    strict: bool


FULL = Plan(rounds=3, seconds=3, connections=16, strict=True)
QUICK = Plan(rounds=1, seconds=1, connections=4, strict=False)


@dataclass(frozen=True)
class Result:
    """What a round of load has measured: answers, times in milliseconds, and processors by who kept them busy."""

    per_second: float
    p50: float
    p99: float
    server: float
    client: float
    database: float
    others: float

    def fault(self, wanted: bytes, app: str) -> str:
        """What has slowed the round down but the app; nothing, if it counts."""
        if self.others > OTHERS_MAX:
            return f"{self.others:.1f} processors were busy with other work"
        if self.client > CLIENT_MAX:
            return "the client was the limit"
        # What is written waits for the disk and for a lock, so there the processor's end is not the limit. And where
        # the database works as hard as the app, they share all the processors that there are.
        idle = (os.cpu_count() or 1) - self.server - self.client - self.database - self.others
        if app == RAW and wanted.startswith(b"GET") and self.server < LIMIT_MIN and idle > IDLE_MAX:
            return f"{TITLES[RAW]} had only {self.server:.1f} of a processor, and did not reach its limit"
        return ""


async def ask(server: Server, wanted: bytes, *, connections: int, seconds: int) -> Result:
    """Load a server from a process of its own. Raises RuntimeError if an answer was no success."""
    before, children = seconds_worked(server), resource.getrusage(resource.RUSAGE_CHILDREN)
    count, took, p50, p99, failed = await asyncio.to_thread(
        load, server.port, wanted, connections=connections, seconds=seconds
    )
    after, used = seconds_worked(server), resource.getrusage(resource.RUSAGE_CHILDREN)
    if failed:
        raise RuntimeError(f"{failed} answers to {wanted.split(b' HTTP')[0].decode()} were no success")
    client = used.ru_utime + used.ru_stime - children.ru_utime - children.ru_stime
    of_server, of_database, of_all = (late - early for late, early in zip(after, before, strict=True))
    others = of_all - of_server - of_database - client
    shares = (max(1e6 * each / took, 0) for each in (of_server, client, of_database, others))
    return Result(1e6 * count / took, p50 / 1000, p99 / 1000, *shares)


async def rounds(plan: Plan, compared: Sequence[Candidate], servers: dict[str, Server]) -> list[list[Result]]:
    """The rounds of each candidate, the median first. They take turns, so that a noisy minute falls on all of them.

    Raises RuntimeError if something else keeps the machine busy.
    """
    every: list[list[Result]] = [[] for _ in compared]
    for number in range(plan.rounds + 1):
        for results, each in zip(every, compared, strict=True):
            seconds, fault = plan.seconds if number else 1, ""
            for _ in range(ATTEMPTS):
                result = await ask(servers[each.app], each.request, connections=plan.connections, seconds=seconds)
                fault = result.fault(each.request, each.app) if plan.strict and number else ""
                if not fault:
                    break
            if fault:
                raise RuntimeError(f"This round does not count, {ATTEMPTS} times over: {fault}. Try again later")
            if number:  # the first one is to warm up
                results.append(result)
    middle = [median(each.per_second for each in results) for results in every]
    return [sorted(them, key=lambda each: abs(each.per_second - m)) for them, m in zip(every, middle, strict=True)]


async def statements(compared: Sequence[Candidate], url: str) -> list[float]:
    """How many statements each candidate sends for a request, counted on the wire."""
    counts: dict[Candidate, float] = {}
    async with counting(url) as (counted_url, counter):
        for app in {each.app for each in compared}:
            serving = served(app, environment(counted_url))
            server = await asyncio.to_thread(serving.__enter__)  # aside, or the counter would not get its turn
            try:
                for each in compared:
                    if each.app == app:
                        await once(server, each.request, times=3)
                        before = counter.statements
                        await once(server, each.request, times=10)
                        counts[each] = (counter.statements - before) / 10
            finally:
                await asyncio.to_thread(serving.__exit__, None, None, None)
    return [counts[each] for each in compared]


async def health(plan: Plan, server: Server, login: bytes) -> list[Result]:
    """How long `/health` takes while people log in."""
    hashing = asyncio.create_task(ask(server, login, connections=HASHERS, seconds=plan.seconds + 2))
    await asyncio.sleep(1)  # until they all are at it
    result = await ask(server, request("GET", "/health"), connections=1, seconds=plan.seconds)
    await hashing
    return [result]
