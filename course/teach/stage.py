"""A stage served for a notebook: `app = await stage("04")`."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from course import environment
from course.errors import CourseError, UsageError
from course.machine.material.bugs import changes
from course.machine.material.data import load
from course.machine.supervisor import Supervisor
from course.stages import stage_by_id
from course.teach.shown import Diff, Rows, fetch
from course.teach.stage_supervisor import Served, Wish

if TYPE_CHECKING:  # it is a stage's, which not every environment has
    from websockets.asyncio.client import ClientConnection

PASSWORD = "correct horse battery"  # noqa: S105 (for users who live as long as a notebook)
REQUEST_SECONDS = 60


class App:
    """A stage's own server in a process of its own, on a database of its own.

    `url` and `ws_url` are its addresses, `client` asks it, `rows` shows what is behind the answers. `close` ends all of
    it; so does the end of the kernel, however it comes.
    """

    def __init__(self, wish: Wish, supervisor: Supervisor, served: Served) -> None:
        self.stage_id = wish.stage
        self.bugs = tuple(wish.bugs)
        self.url = served.url
        self.ws_url = served.url.replace("http", "ws", 1)
        self.database_url = served.database_url
        self.jwt_secret = served.jwt_secret
        # No limit to the connections: a crowd of clients must wait for the server, not for each other.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        self.client = environment.async_http(self.url, timeout=REQUEST_SECONDS, limits=limits)
        self._supervisor = supervisor
        self._folder = Path(served.folder)
        self._output = Path(served.output)
        self._statements = Path(served.statements)

    def __repr__(self) -> str:
        broken = f" with {', '.join(self.bugs)}" if self.bugs else ""
        return f"stage {self.stage_id}{broken}, at {self.url}{'' if self.is_up else ' (ended)'}"

    @property
    def is_up(self) -> bool:
        return self._supervisor.is_up

    def diff(self) -> Diff:
        """What its bug changes in the stage's code. Raises UsageError if it was started without one."""
        if not self.bugs:
            raise UsageError(f"To see a bug's lines, start the stage with it: stage({self.stage_id!r}, bug=...)")
        found = stage_by_id(self.stage_id)
        learning = load(found.folder)
        return Diff(changes(found, [learning.bug(bug_id) for bug_id in self.bugs]))

    async def rows(self, sql: str, *arguments: object) -> Rows:
        """Run one SQL statement on the stage's database; its rows, if it has any. Arguments stand for $1, $2, ..."""
        return await fetch(self.database_url, sql, arguments)

    async def register(self, email: str, password: str = PASSWORD) -> dict[str, str]:
        """Make a user, and return the header that shows who asks: `client.get("/notes", headers=ana)`."""
        answer = await self.client.post("/auth/register", json={"email": email, "password": password})
        answer.raise_for_status()
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    async def login(self, email: str, password: str = PASSWORD) -> httpx.Response:
        """Log in, as a form; the answer, whatever it is."""
        return await self.client.post("/auth/login", data={"username": email, "password": password})

    def websocket(self, path: str, **options: Any) -> "Awaitable[ClientConnection]":
        """A WebSocket, to be used as `async with app.websocket("/ws/notify") as socket:`."""
        return environment.websocket(f"{self.ws_url}{path}", **{"open_timeout": REQUEST_SECONDS, **options})

    def output(self) -> str:
        """All that the server has said."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    def logs(self) -> list[dict[str, Any]]:
        """The server's log lines that are JSON objects, oldest first."""
        lines = []
        for line in self.output().splitlines():
            with suppress(ValueError):
                if isinstance(entry := json.loads(line), dict):
                    lines.append(entry)
        return lines

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """A list that holds, after the block, the SQL statements that the server has sent within it.

        Raises UsageError unless the stage was started with `statements=True`.
        """
        if not self._statements.exists():
            raise UsageError(f"To see the statements, start it with: stage({self.stage_id!r}, statements=True)")
        seen: list[str] = []
        before = self._statements.stat().st_size
        try:
            yield seen
        finally:
            new = self._statements.read_bytes()[before:]
            seen += [json.loads(line) for line in new.splitlines()]

    async def python(self, *arguments: str) -> str:
        """Run Python in the stage's folder, on its database: `await app.python("-m", "bench.isolation")`.

        Returns what it prints. Raises CourseError, with what it said, if it fails.
        """
        env = environment.without_settings(DATABASE_URL=self.database_url, JWT_SECRET=self.jwt_secret)
        result = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, *arguments],
            cwd=self._folder,
            env=env,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if result.returncode != 0:
            raise CourseError(f"python {' '.join(arguments)} failed; it said:\n{result.stderr.strip()}")
        return result.stdout

    async def close(self) -> None:
        """End the server, drop its database, remove its files. Again is no fault."""
        await self.client.aclose()
        await asyncio.to_thread(self._supervisor.end)


_started: dict[object, App] = {}  # by what they were started as
_starting: dict[object, asyncio.Lock] = {}


async def stage(
    stage_id: str,
    *,
    bug: str | Sequence[str] = (),
    workers: int = 1,
    demo: bool = False,
    statements: bool = False,
    name: str = "",
    **settings: object,
) -> App:
    """Serve a stage for this notebook: its own server, migrated, on a fresh database of the ladder.

    `bug` is one of the stage's own bugs (bugs.toml), or several, put into a copy of it. `demo` fills the capstone with
    the demo articles. `statements` lets `App.statements` see the SQL. Everything else is an environment variable of the
    server: `stage("04", BCRYPT_ROUNDS=4)`.

    A second call for the same stage and bug ends the first one, so that a cell can be run again; with another `name`
    they stand side by side. Raises CourseError, in one sentence, if it can't be served.
    """
    bugs = [bug] if isinstance(bug, str) else list(bug)
    stage_by_id(stage_id)
    if small := [key for key in settings if key != key.upper()]:
        raise UsageError(f"stage() knows no {small[0]!r}; a setting is written as its variable: {small[0].upper()}=...")
    key = (stage_id, tuple(bugs), name)
    values = {variable: str(value) for variable, value in settings.items()}
    wish = Wish(stage_id, bugs, workers, values, demo, statements)
    async with _starting.setdefault(key, asyncio.Lock()):
        if key in _started:
            await _started[key].close()
        supervisor, served = await Supervisor.start("course.teach.stage_supervisor", **asdict(wish))
        _started[key] = App(wish, supervisor, Served(**served))
        return _started[key]
