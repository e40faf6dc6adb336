"""Measuring: rounds that take turns, and their medians."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from app.database.pagination import Position, to_cursor
from bench.load import Result
from bench.questions import CAPSTONE, FIRST, TITLES, Candidate, once, request
from bench.servers import Server, environment, served
from bench.tables import print_rows
from bench.wire import counting

HASHERS = 20  # people who log in at once


@dataclass(frozen=True)
class Plan:
    """How long and how much."""

    rounds: int
    seconds: float
    connections: int
    many_posts: int


FULL = Plan(rounds=3, seconds=3, connections=16, many_posts=1_000_000)
QUICK = Plan(rounds=1, seconds=0.2, connections=4, many_posts=1_000)


async def ask(server: Server, wanted: bytes, *, connections: int, seconds: float) -> Result:
    """Load a server from a process of its own. Raises RuntimeError if an answer was no success."""
    command = [sys.executable, "-m", "bench.load", str(server.port), str(connections), str(seconds)]
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate(wanted)
    result = Result(**json.loads(output))
    if result.errors:
        raise RuntimeError(f"{result.errors} answers to {wanted.split(b' HTTP')[0].decode()} were no success")
    return result


async def rounds(plan: Plan, compared: Sequence[Candidate], servers: dict[str, Server]) -> list[Result]:
    """The median round of each candidate. They take turns, so that a noisy minute falls on all of them."""
    every: list[list[Result]] = [[] for _ in compared]
    for number in range(plan.rounds + 1):
        for results, each in zip(every, compared, strict=True):
            seconds = plan.seconds if number else plan.seconds / 3
            result = await ask(servers[each.app], each.request, connections=plan.connections, seconds=seconds)
            if number:  # the first one is to warm up
                results.append(result)
    return [sorted(results, key=lambda each: each.per_second)[len(results) // 2] for results in every]


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


async def depth(plan: Plan, server: Server, url: str) -> None:
    """Print what the last page costs, beside the first."""
    connection = await asyncpg.connect(url)
    row = await connection.fetchrow("SELECT created_at, id FROM posts ORDER BY created_at, id OFFSET 20 LIMIT 1")
    await connection.close()
    assert row is not None
    cursor = to_cursor(Position(row["created_at"], row["id"]))
    pages = {
        "the first page": request("GET", "/posts"),
        "the last page": request("GET", f"/posts?cursor={cursor}"),
    }
    compared = [Candidate(title, CAPSTONE, wanted) for title, wanted in pages.items()]
    results = await rounds(plan, compared, {CAPSTONE: server})
    print_rows(f"A page of {plan.many_posts:,} posts", compared, results)


async def workers(plan: Plan, one: Server, two: Server) -> None:
    """Print what a second worker brings."""
    wanted = request("GET", "/posts")
    compared = [Candidate("one worker", "one", wanted), Candidate("two workers", "two", wanted)]
    results = await rounds(plan, compared, {"one": one, "two": two})
    print_rows("GET /posts by workers", compared, results)


async def health(plan: Plan, servers: dict[str, Server], login: bytes) -> None:
    """Print how long `/health` takes while people log in."""
    wanted = request("GET", "/health")
    compared = [Candidate(TITLES[app], app, wanted) for app in (CAPSTONE, FIRST)]
    results = []
    for each in compared:
        server = servers[each.app]
        hashing = asyncio.create_task(ask(server, login, connections=HASHERS, seconds=plan.seconds + 2))
        await asyncio.sleep(1)  # until they all are at it
        results.append(await ask(server, wanted, connections=1, seconds=plan.seconds))
        await hashing
    print_rows(f"GET /health while {HASHERS} people log in", compared, results)
