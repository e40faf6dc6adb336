"""The public: visitors who read and write without a pause, and watchers who wait for comments on open WebSockets."""

import asyncio
import itertools
import json
import os
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from websockets.exceptions import ConnectionClosed, WebSocketException

from course import environment
from course.deploy.rehearsal.wire import Connection, Gone, Message, request
from course.errors import CourseError

BUSY = 240  # requests a second that the visitors aim at; each waits for one answer before it sends the next request
RATE = "COURSE_REHEARSAL_RATE"  # the variable with another number, where the point is not how many there are
QUIET = 60  # the same where the point is another: a version that is refused
VISITORS = 24
WATCHERS = 50
BUSY_POSTS = 12  # a comment waits for others on the same post: with one post the disk's speed would be the blog's
ANSWER_SECONDS = 10
RECONNECT_SECONDS = 0.1
TOLD_SECONDS = 30
SERVICE_RESTART = (1001, 1012)  # with what a server that ends says goodbye
HOSTNAME = "blog.rehearsal.test"
DOCUMENT = "/openapi.json"


class Refused(Exception):  # noqa: N818
    """An answer that is not the one that a visitor counts on."""


TROUBLE = (Gone, OSError, Refused)  # all that can come in place of the answer; a TimeoutError is an OSError


@dataclass
class Counts:
    """What the public has met so far."""

    requests: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    written: dict[int, str] = field(default_factory=dict)  # the comments that were acknowledged: id and body
    acknowledged: int = 0  # all of them; a restored database gives the same ids once more
    goodbyes: Counter[int] = field(default_factory=Counter)  # by what code WebSockets were closed
    reconnected: int = 0
    refused_sockets: int = 0

    @property
    def failed(self) -> int:
        return sum(self.failures.values())

    @property
    def troubles(self) -> Counter[str]:
        """All that should not happen, by its kind, and how often it did."""
        cut = {code: count for code, count in self.goodbyes.items() if code not in SERVICE_RESTART}
        sockets = {f"a WebSocket was cut off with code {code}": count for code, count in cut.items()}
        asked = {f"a request failed: {why}": count for why, count in self.failures.items()}
        return Counter(asked | sockets | {"a WebSocket could not be opened": self.refused_sockets})


def busy() -> int:
    """At how many requests a second the visitors aim where the public is the point."""
    return int(os.environ.get(RATE) or BUSY)


class Public:
    """Visitors and watchers of the blog behind a port. Call `settle` first, then `start`; at the end `stop`."""

    written = "comments"  # what it writes
    watchers = WATCHERS
    not_asked: Sequence[str] = ()  # the operations that nobody asks for again and again, where that is known

    def __init__(self, port: int, *, requests_per_second: int) -> None:
        self.counts = Counts()
        self.requests_per_second = requests_per_second
        self.seconds = 0.0
        self._port = port
        self._token = ""
        self._busy: list[int] = []
        self._watched = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._leaving = False
        self._last_told: dict[int, int] = {}  # by watcher: the newest comment that it was told of

    async def settle(self) -> None:
        """Make an account, and what the visitors use. Raises CourseError."""
        try:
            with closing(await Connection.open(self._port)) as connection:
                await self._move_in(connection)
        except TROUBLE as error:
            raise CourseError(f"The app can't be used: {str(error) or 'it closed the connection'}.") from error

    async def look_around(self) -> None:
        """Another version serves now: see what it has."""

    def start(self) -> None:
        self._started = asyncio.get_running_loop().time()
        turns = itertools.count()
        self._tasks = [asyncio.create_task(self._visit(turns)) for _ in range(VISITORS)]
        self._tasks += [asyncio.create_task(self._watch(number)) for number in range(self.watchers)]

    async def stop(self) -> None:
        """Send everybody home. Who waits for an answer gets it first."""
        self._leaving = True
        self.seconds = asyncio.get_running_loop().time() - self._started
        for watcher in self._tasks[VISITORS:]:
            watcher.cancel()
        for result in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(result, Exception):
                raise result

    async def _send(
        self, connection: Connection, method: str, path: str, expected: int, body: dict[str, Any] | None = None
    ) -> Any:
        """One request. Raises Refused unless it is answered by the expected status, and Gone or OSError."""
        headers = {"authorization": f"Bearer {self._token}"} if self._token else {}
        sent = b"" if body is None else json.dumps(body).encode()
        if sent:
            headers["content_type"] = "application/json"
        async with asyncio.timeout(ANSWER_SECONDS):
            response = await connection.exchange(request(method, path, host=HOSTNAME, body=sent, **headers))
        if response.status != expected:
            raise Refused(f"{method} {path.partition('?')[0]} was answered {response.status}")
        return json.loads(response.body)

    async def _register(self, connection: Connection) -> None:
        email = f"rehearsal-{secrets.token_hex(8)}@example.com"
        account = {"email": email, "password": secrets.token_hex(16)}
        self._token = (await self._send(connection, "POST", "/auth/register", 201, account))["access_token"]

    async def _move_in(self, connection: Connection) -> None:
        """Make what the visitors need."""
        await self._register(connection)
        self._busy = [await self._write_post(connection, "A busy post") for _ in range(BUSY_POSTS)]
        self._watched = await self._write_post(connection, "A post that is watched")

    async def _visit(self, turns: "itertools.count[int]") -> None:
        """Send one request after the other, at a steady pace, on a connection that stays open."""
        loop = asyncio.get_running_loop()
        connection: Connection | None = None
        due = loop.time()
        while not self._leaving:
            asked = loop.time()
            try:
                connection = connection or await Connection.open(self._port)
                async with asyncio.timeout(ANSWER_SECONDS):
                    await self._take_turn(connection, next(turns))
            except TROUBLE as error:
                self._count_failure(error)
                if connection:
                    connection.close()
                connection = None
            finally:
                self.counts.requests += 1
            due += VISITORS / self.requests_per_second  # after a slow answer the next ones come sooner, to catch up
            now = loop.time()
            await asyncio.sleep(max(due - now, now - asked))  # but a machine that can't keep up is asked less
        if connection:
            connection.close()

    async def _take_turn(self, connection: Connection, turn: int) -> None:
        busy, watched = self._busy[turn % len(self._busy)], self._watched
        if turn % self.requests_per_second == 0:  # about once a second all watchers hear something
            await self._write(connection, watched)
            return
        match turn % 5:
            case 0:
                await self._write(connection, busy)
            case 1:
                await self._send(connection, "GET", "/posts?limit=20", 200)
            case 2:
                await self._send(connection, "GET", f"/posts/{busy}/comments?limit=20", 200)
            case 3:
                await self._send(connection, "GET", "/users/me", 200)
            case _:
                await self._send(connection, "GET", f"/posts/{watched}", 200)

    def _count_failure(self, error: Exception) -> None:
        self.counts.failures[str(error) or f"no answer ({type(error).__name__})"] += 1

    async def _write_post(self, connection: Connection, title: str) -> int:
        post = await self._send(connection, "POST", "/posts", 201, {"title": title, "body": "Rehearsed. " * 40})
        return int(post["id"])

    async def _write(self, connection: Connection, post_id: int) -> int:
        body = secrets.token_hex(12)
        comment = await self._send(connection, "POST", f"/posts/{post_id}/comments", 201, {"body": body})
        self.counts.written[comment["id"]] = body
        self.counts.acknowledged += 1
        return int(comment["id"])

    async def _watch(self, number: int) -> None:
        """Keep a WebSocket open, and open another whenever it is closed."""
        url = f"ws://127.0.0.1:{self._port}/ws/posts/{self._watched}"
        opened = False
        while True:
            try:
                async with environment.websocket(url, compression=None, open_timeout=ANSWER_SECONDS) as socket:
                    self.counts.reconnected += opened
                    opened = True
                    async for event in socket:
                        self._last_told[number] = json.loads(event)["comment"]["id"]
            except ConnectionClosed:
                pass
            except (OSError, WebSocketException):
                self.counts.refused_sockets += 1
                await asyncio.sleep(RECONNECT_SECONDS)
                continue
            self.counts.goodbyes[socket.close_code or 1006] += 1
            await asyncio.sleep(RECONNECT_SECONDS)

    async def deaf_watchers(self) -> int:
        """Write one more comment, and say how many of the watchers are not told of it."""
        self._last_told.clear()
        try:
            with closing(await Connection.open(self._port)) as connection:
                comment_id = await self._write(connection, self._watched)
        except TROUBLE as error:
            self.counts.requests += 1
            self._count_failure(error)
            return self.watchers

        def told() -> int:
            return sum(newest >= comment_id for newest in self._last_told.values())

        deadline = asyncio.get_running_loop().time() + TOLD_SECONDS
        while told() < self.watchers and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110 (50 events in one)
            await asyncio.sleep(0.05)
        return self.watchers - told()

    async def lost_writes(self, written: Mapping[int, str]) -> set[int]:
        """Read all back, and return the ids of what is not there as it was acknowledged. Raises CourseError."""
        try:
            with closing(await Connection.open(self._port)) as connection:
                return await self._lost(connection, written)
        except TROUBLE as error:
            raise CourseError(f"The {self.written} can't be read back: {str(error) or 'no answer'}.") from error

    async def _lost(self, connection: Connection, written: Mapping[int, str]) -> set[int]:
        """All comments are read."""
        found: dict[int, str] = {}
        for post_id in (*self._busy, self._watched):
            cursor = ""
            while True:
                page = await self._send(connection, "GET", f"/posts/{post_id}/comments?limit=100{cursor}", 200)
                found |= {each["id"]: each["body"] for each in page["items"]}
                if page["next_cursor"] is None:
                    break
                cursor = f"&cursor={page['next_cursor']}"
        return {comment_id for comment_id, body in written.items() if found.get(comment_id) != body}


class Members(Public):
    """Visitors of an app that has accounts, whatever else it has: they change a name, and read all that needs no id."""

    written = "names"
    watchers = 0

    async def _move_in(self, connection: Connection) -> None:
        await self._register(connection)
        self._writing = (
            asyncio.Lock()
        )  # one after the other: the last name that was acknowledged is the one that is there
        self._reads, self._tried = ["/users/me"], {"/users/me"}
        await self.look_around()

    async def look_around(self) -> None:
        """Find out, from its document, what the version that serves now lets a member read, and what not."""
        with closing(await Connection.open(self._port)) as connection:
            document = await self._read(connection, DOCUMENT)
        paths = json.loads(document.body)["paths"] if document.status == 200 else {}
        for path in [path for path in paths if "get" in paths[path] and "{" not in path and path not in self._tried]:
            self._tried.add(path)
            if await self._answers(path):
                self._reads.append(path)
        asked = {"PATCH /users/me", "POST /auth/register", *(f"GET {path}" for path in self._reads)}
        every = [f"{method.upper()} {path}" for path, operations in paths.items() for method in operations]
        self.not_asked = list(dict.fromkeys([*self.not_asked, *(each for each in every if each not in asked)]))

    async def _answers(self, path: str) -> bool:
        """Whether a member gets anything there: not where it takes another parameter, or another role, or goes on."""
        try:
            with closing(await Connection.open(self._port)) as connection:
                async with asyncio.timeout(ANSWER_SECONDS / 2):
                    return (await self._read(connection, path)).status < 300
        except TROUBLE:
            return False

    async def _read(self, connection: Connection, path: str) -> Message:
        """One request, whatever it is that is read. Raises Refused if the app fails at it, and Gone or OSError."""
        asked = request("GET", path, host=HOSTNAME, authorization=f"Bearer {self._token}")
        response = await connection.exchange(asked)
        if response.status >= 500:
            raise Refused(f"GET {path} was answered {response.status}")
        return response

    async def _take_turn(self, connection: Connection, turn: int) -> None:
        if turn % 5 == 0:
            async with self._writing:
                name = secrets.token_hex(12)
                await self._send(connection, "PATCH", "/users/me", 200, {"display_name": name})
                self.counts.written[0] = name
                self.counts.acknowledged += 1
        else:
            await self._read(connection, self._reads[turn % len(self._reads)])

    async def deaf_watchers(self) -> int:
        """Nobody watches."""
        return 0

    async def _lost(self, connection: Connection, written: Mapping[int, str]) -> set[int]:
        """The name may be another than the last one that was acknowledged."""
        name = (await self._send(connection, "GET", "/users/me", 200))["display_name"]
        return {number for number, last in written.items() if last != name}


PUBLICS: dict[str, type[Public]] = {"blog": Public, "members": Members}
