"""Measuring: rounds that take turns, and tables of their medians."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import asyncpg

from app.core.pages import Position, to_cursor
from bench.load import Result, length_of
from bench.servers import Server, environment, served
from bench.wire import counting

RAW = "bench.variants.raw:app"
PLAIN = "bench.variants.plain:app"
CAPSTONE = "app.main:app"
LECTURE = "bench.variants.lecture:app"
TITLES = {
    RAW: "(a) raw ASGI, JSON by the database",
    PLAIN: "(b) FastAPI, asyncpg, response model",
    CAPSTONE: "(c) the capstone",
    LECTURE: "(d) the lecture's way",
}
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


@dataclass(frozen=True)
class Candidate:
    """A line of a table: an app, and what it is asked."""

    title: str
    app: str
    request: bytes


def request(method: str, path: str, content: dict[str, str] | str | None = None, *, token: str = "") -> bytes:
    """The bytes of a request. A dict is sent as JSON, and text as a form."""
    body = b"" if content is None else (json.dumps(content) if isinstance(content, dict) else content).encode()
    kind = "application/json" if isinstance(content, dict) else "application/x-www-form-urlencoded"
    headers = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    headers += [f"Content-Length: {len(body)}", f"Content-Type: {kind}"] if body else []
    headers += [f"Authorization: Bearer {token}"] if token else []
    return "\r\n".join(headers).encode() + b"\r\n\r\n" + body


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


async def once(server: Server, wanted: bytes, *, times: int) -> bytes:
    """Ask so many times, one after the other, and return the last answer's body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    for _ in range(times):
        writer.write(wanted)
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(length_of(head))
    writer.close()
    return body


async def token(server: Server, email: str, password: str) -> str:
    """Log in at the capstone."""
    form = urlencode({"username": email, "password": password})
    answer = json.loads(await once(server, request("POST", "/auth/login", form), times=1))
    return str(answer["access_token"])


async def depth(plan: Plan, server: Server, url: str) -> None:
    """Print what the last page costs, beside the first."""
    connection = await asyncpg.connect(url)
    row = await connection.fetchrow("SELECT created_at, id FROM posts ORDER BY created_at, id OFFSET 20 LIMIT 1")
    await connection.close()
    assert row is not None
    cursor = to_cursor(Position(row["created_at"], row["id"]), "posts")
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
    compared = [Candidate(TITLES[app], app, wanted) for app in (CAPSTONE, LECTURE)]
    results = []
    for each in compared:
        server = servers[each.app]
        hashing = asyncio.create_task(ask(server, login, connections=HASHERS, seconds=plan.seconds + 2))
        await asyncio.sleep(1)  # until they all are at it
        results.append(await ask(server, wanted, connections=1, seconds=plan.seconds))
        await hashing
    print_rows(f"GET /health while {HASHERS} people log in", compared, results)


def print_rows(title: str, compared: Sequence[Candidate], results: Sequence[Result], *more: Sequence[str]) -> None:
    """Print a table in Markdown. Its ratios are to the first line."""
    write(f"\n### {title}\n")
    heads = ["", "requests/s", "ratio", "p50", "p99", *(column[0] for column in more)]
    write(f"| {' | '.join(heads)} |\n|---|{'---:|' * (len(heads) - 1)}")
    for number, (each, result) in enumerate(zip(compared, results, strict=True)):
        ratio = result.per_second / (results[0].per_second or float("inf"))
        cells = [
            each.title,
            f"{result.per_second:,.0f}",
            f"{ratio:.2f}",
            f"{result.p50:.1f} ms",
            f"{result.p99:.1f} ms",
        ]
        write(f"| {' | '.join([*cells, *(column[number + 1] for column in more)])} |")


def print_table(
    title: str,
    compared: Sequence[Candidate],
    results: Sequence[Result],
    counts: Sequence[float],
    servers: dict[str, Server],
) -> None:
    """Print a table with statements per request and memory too."""
    memory = [servers[each.app].memory() for each in compared]
    print_rows(
        title,
        compared,
        results,
        ["statements", *(f"{count:g}" for count in counts)],
        ["memory", *("unknown" if each is None else f"{each:.0f} MiB" for each in memory)],
    )


def write(line: str) -> None:
    """Show a line at once, also in a pipe."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
