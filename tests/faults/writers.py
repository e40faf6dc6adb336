"""People who write comments as fast as the blog lets them, and remember what it answered."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx
from served import Served

from course.environment import async_http

WRITERS = 8
PAUSE_SECONDS = 0.02  # after an answer that is no success: nobody hammers at a door that is shut
TIMEOUT_SECONDS = 15


@dataclass
class Notes:
    """What all writers together were told."""

    post: str = ""
    """The path of the post that they comment on."""
    written: dict[int, str] = field(default_factory=dict)
    """Each acknowledged comment's id, and its text."""
    answers: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    """Answers that no fault excuses."""
    dropped: int = 0
    """Requests whose connection ended without an answer."""
    slowest: float = 0
    last_written: float = 0
    """When the newest acknowledgement came, by `time.monotonic()`."""
    health_slowest: float = 0


class Stopwatch:
    """Seconds from now on, but for those in which the machine let a server or its clients here wait for others.

    Of the two waits the longer one counts. Only Linux tells them (proc(5): schedstat, its second number, in ns).
    """

    def __init__(self, server_pid: int) -> None:
        self._stats = [Path(f"/proc/{pid}/schedstat") for pid in (os.getpid(), server_pid)]
        self._waits = self._waited()
        self._began = time.monotonic()

    def _waited(self) -> list[float]:
        waits = [0.0] * len(self._stats)
        for number, each in enumerate(self._stats):
            with suppress(OSError):  # another system, or a server that has ended
                waits[number] = int(each.read_text().split()[1]) / 1e9
        return waits

    def seconds(self) -> float:
        """How long the app has had."""
        waits = max(now - before for now, before in zip(self._waited(), self._waits, strict=True))
        return time.monotonic() - self._began - max(waits, 0)


Watch = Callable[[], Stopwatch]


async def write_on(client: httpx.AsyncClient, post: str, name: str, notes: Notes, watch: Watch) -> None:
    """Write one comment after the other, each with a text of its own, until cancelled."""
    number = 0
    while True:
        number += 1
        text = f"{name} {number}"
        request = watch()
        try:
            response = await client.post(f"{post}/comments", json={"body": text})
        except httpx.TransportError:
            notes.dropped += 1
            await asyncio.sleep(PAUSE_SECONDS)
            continue
        finally:
            notes.slowest = max(notes.slowest, request.seconds())
        notes.answers[response.status_code] += 1
        if response.status_code == httpx.codes.CREATED:
            notes.written[response.json()["id"]] = text
            notes.last_written = time.monotonic()
            continue
        if not is_try_again(response):
            notes.wrong.append(f"{response.status_code} {dict(response.headers)} {response.text}")
        await asyncio.sleep(PAUSE_SECONDS)


def is_try_again(response: httpx.Response) -> bool:
    """Whether an answer is the one that says: not now, but soon."""
    return (
        response.status_code == httpx.codes.SERVICE_UNAVAILABLE
        and response.headers["content-type"] == "application/problem+json"
        and response.headers["retry-after"].isdigit()
    )


async def watch_health(client: httpx.AsyncClient, notes: Notes, watch: Watch) -> None:
    """Ask again and again whether the process is up, until cancelled: whatever the database does, it is."""
    while True:
        request = watch()
        response = await client.get("/health")
        notes.health_slowest = max(notes.health_slowest, request.seconds())
        if response.status_code != httpx.codes.OK:
            notes.wrong.append(f"/health: {response.status_code} {response.text}")
        await asyncio.sleep(PAUSE_SECONDS)


@asynccontextmanager
async def writing(served: Served, *, slow_writers: int = 0, health: bool = True) -> AsyncIterator[Notes]:
    """Writers at work for the length of the block, which begins once they have written 100 comments.

    The texts of the slow ones begin with "slow". Unless `health` is false, somebody watches `/health` meanwhile.
    """
    notes, watch = Notes(), partial(Stopwatch, served.process.pid)
    async with (
        async_http(served.url, timeout=TIMEOUT_SECONDS) as client,
        asyncio.TaskGroup() as group,
    ):
        notes.post = await new_post(client)
        # The slow ones write on posts of their own: comments on one post are counted one after the other.
        slow_posts = [await write_post(client) for _ in range(slow_writers)]
        tasks = [group.create_task(write_on(client, notes.post, f"writer-{i}", notes, watch)) for i in range(WRITERS)]
        tasks += [
            group.create_task(write_on(client, post, f"slow-{i}", notes, watch)) for i, post in enumerate(slow_posts)
        ]
        if health:
            tasks.append(group.create_task(watch_health(client, notes, watch)))
        try:
            await until(lambda: len(notes.written) >= 100)
            yield notes
        finally:
            for task in tasks:
                task.cancel()


async def new_post(client: httpx.AsyncClient) -> str:
    """Register somebody, whose token the client brings along from now on, and return the path of a new post."""
    credentials = {"email": "ana@example.com", "password": "correct horse battery"}
    registered = await client.post("/auth/register", json=credentials)
    client.headers["Authorization"] = f"Bearer {registered.json()['access_token']}"
    return await write_post(client)


async def write_post(client: httpx.AsyncClient) -> str:
    """Write a post, and return its path."""
    response = await client.post("/posts", json={"title": "A post", "body": "to comment on"})
    return str(response.headers["location"])


async def until(look: Callable[[], bool], seconds: float = 30) -> float:
    """Wait until something is so, and return how many seconds that took."""
    begun = time.monotonic()
    async with asyncio.timeout(seconds):
        while not look():  # noqa: ASYNC110 - what is looked at may be a row or a process, that sets no event
            await asyncio.sleep(0.01)
    return time.monotonic() - begun
