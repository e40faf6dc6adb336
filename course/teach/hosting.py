"""The capstone on a host that is played on this machine: `blog = await hosted()`, then `await blog.deploy()`."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from course import environment
from course.errors import CourseError
from course.machine.supervisor import Supervisor
from course.teach.shown import Rows, fetch
from course.teach.stage import REQUEST_SECONDS

LINE_CHARACTERS = 170  # of a log line, where a notebook shows it
LOG_TRIES = 50  # a tenth of a second apart


@dataclass(frozen=True)
class Phase:
    """A part of a deployment. `began` is a time as `time.time()` gives it."""

    name: str
    began: float
    seconds: float
    ok: bool
    note: str


@dataclass(frozen=True)
class Outcome:
    """How a deployment went: accepted, or why it was refused and the last lines of its log."""

    accepted: bool
    why: str
    output: tuple[str, ...]
    phases: tuple[Phase, ...]

    def phase(self, name: str) -> Phase:
        """The phase with this name."""
        return next(each for each in self.phases if each.name == name)

    def __repr__(self) -> str:
        lines = [
            f"{'✓' if each.ok else '✗'} {each.name:<12} {each.seconds:4.1f} s  {each.note}" for each in self.phases
        ]
        if not self.accepted:
            lines += [
                f"Refused: {self.why}. The version before still serves.",
                *(f"    {_shown(line)[:LINE_CHARACTERS]}" for line in self.output),
            ]
        return "\n".join(lines)


def _shown(line: str) -> str:
    """A log line as a class reads it: of one in JSON what it says."""
    with suppress(ValueError, KeyError, TypeError):
        return str(json.loads(line)["message"])
    return line


class HostedBlog:
    """The capstone behind its host's proxy: the address stays, while the versions behind it change.

    `url` is that address, `client` asks it, `rows` shows what is behind the answers. `close` ends all of it; so does
    the end of the kernel, however it comes.
    """

    def __init__(self, supervisor: Supervisor, served: dict[str, str]) -> None:
        self.url = served["url"]
        self.database_url = served["database_url"]
        self.client = environment.async_http(self.url, timeout=REQUEST_SECONDS)
        self._supervisor = supervisor
        self._logs = Path(served["logs"])

    def __repr__(self) -> str:
        return f"the capstone, behind its host's proxy at {self.url}"

    async def deploy(self, *, broken: str = "", **variables: str) -> Outcome:
        """Deploy HEAD: pre-deploy, health check, switch, draining. Returns when all of that is over.

        The variables are set on the service, and stay for the deployments after it; an empty one is taken away.
        `broken` names a failure of `course rehearse --break`, which the host refuses.
        """
        if not self._supervisor.is_up:
            raise CourseError("The host was ended: start it again with hosted().")
        done = await self._supervisor.ask(variables=variables, broken=broken)
        phases = tuple(Phase(**phase) for phase in done["phases"])
        return Outcome(done["accepted"], done["why"], tuple(done["output"]), phases)

    async def rows(self, sql: str, *arguments: object) -> Rows:
        """Run one SQL statement on the blog's database; its rows, if it has any. Arguments stand for $1, $2, ..."""
        return await fetch(self.database_url, sql, arguments)

    def logs(self) -> list[dict[str, Any]]:
        """The log lines of all versions that were started, each a JSON object, in the order of their times."""
        lines = []
        for path in self._logs.glob("*.log"):
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                with suppress(ValueError):
                    if isinstance(entry := json.loads(line), dict):
                        lines.append(entry)
        return sorted(lines, key=lambda entry: str(entry.get("time", "")))

    async def versions(self, visits: Sequence["Visit"]) -> list[str]:
        """Which version has answered each visit. Its log's line may come a moment after the answer."""
        for _ in range(LOG_TRIES):
            version_of = {line["request_id"]: line["deployment_id"] for line in self.logs()}
            if version_of.keys() >= {each.request_id for each in visits}:
                break
            await asyncio.sleep(0.1)
        return [version_of[each.request_id] for each in visits]

    async def close(self) -> None:
        """End the host and all that it has started, and drop the database. Again is no fault."""
        await self.client.aclose()
        await asyncio.to_thread(self._supervisor.end)


@dataclass(frozen=True, slots=True)
class Visit:
    """One answer: when it was asked for (as `time.time()` gives it), the milliseconds until it came, and itself."""

    at: float
    ms: float
    answer: httpx.Response

    @property
    def failed(self) -> bool:
        return self.answer.status_code >= 400

    @property
    def request_id(self) -> str:
        """Under which the log has it."""
        return str(self.answer.headers.get("x-request-id", ""))


@asynccontextmanager
async def crowd(
    ask: Callable[[], Awaitable[httpx.Response]], *, people: int = 8, pause: float = 0.18, around: float = 0.7
) -> AsyncIterator[list[Visit]]:
    """People who ask, wait for the answer, pause, and ask again, while the block runs and a little before and after it.

    The list is full, and in order, at its end. A machine that is busy gets fewer requests, and not a queue of them.
    """
    visits: list[Visit] = []
    leaving = asyncio.Event()

    async def person(number: int) -> None:
        await asyncio.sleep(pause * number / people)
        while not leaving.is_set():
            at, start = time.time(), time.perf_counter()
            answer = await ask()
            visits.append(Visit(at, (time.perf_counter() - start) * 1000, answer))
            with suppress(TimeoutError):
                await asyncio.wait_for(leaving.wait(), pause)

    asking = [asyncio.create_task(person(number)) for number in range(people)]
    try:
        await asyncio.sleep(around)
        yield visits
        await asyncio.sleep(around)
    finally:
        leaving.set()
        await asyncio.gather(*asking)
        visits.sort(key=lambda visit: visit.at)


_started: list[HostedBlog] = []  # at most one: a second call ends the first one's
_starting = asyncio.Lock()


async def hosted() -> HostedBlog:
    """Play the host: the version before is deployed and serves. A second call ends the first one's.

    Raises CourseError, in one sentence, if it can't be done.
    """
    async with _starting:
        while _started:
            await _started.pop().close()
        blog = HostedBlog(*await Supervisor.start("course.deploy.host_supervisor", version="before"))
        _started.append(blog)
        return blog
