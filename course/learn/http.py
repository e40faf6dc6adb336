"""`course http`: a small HTTP client for the lessons, the same in every shell.

It remembers the token that a login answered with, can send one request many times at once, or two that differ, and can
watch another path meanwhile.
"""

import asyncio
import json
import os
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import httpx

from course import environment
from course.errors import CourseError, UsageError
from course.learn import typed
from course.machine.answers import answer_lines
from course.machine.material.workspace import current_stage
from course.paths import home
from course.stages import STAGES

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
NOBODY = "nobody"  # `--as nobody` sends no token
TIMEOUT_SECONDS = 60.0
ITEM = re.compile(r"(?P<name>[^=:@]+)(?:@(?P<times>\d+))?(?P<kind>:=|==|=|:)(?P<value>.*)", re.DOTALL)


@dataclass
class Request:
    """What is to be sent."""

    method: str
    path: str
    json: dict[str, Any] = field(default_factory=dict)
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    form: bool = False

    @classmethod
    def parse(cls, words: Sequence[str], *, form: bool = False) -> "Request":
        """Read `[METHOD] PATH [name=value ...]`. Raises UsageError for what it can't read."""
        for word in words:
            whole(word, word)
        method, *rest = words if words and words[0].upper() in METHODS else ("", *words)
        path = typed.path(rest[0]) if rest else ""
        if not path.startswith("/"):
            raise UsageError("`course http` needs a path that starts with /, such as: course http GET /health")
        request = cls(method.upper(), path, form=form)
        for word in rest[1:]:
            request._add(word)
        request.method = request.method or ("POST" if request.json else "GET")
        return request

    def _add(self, word: str) -> None:
        match = ITEM.fullmatch(word)
        if match is None:
            raise UsageError(f"`{word}` is none of name=text, name:=json, name==query, Name:header.")
        name, value = match["name"], characters(typed.value(match["value"])) * int(match["times"] or 1)
        match match["kind"]:
            case "=":
                self.json[name] = whole(value, word) if self.form else value
            case ":=":
                self.json[name] = _raw(word, value)
            case "==":
                self.query.append((name, whole(value, word)))
            case ":":
                self.headers[name] = whole(value, word)

    def arguments(self) -> dict[str, Any]:
        """The arguments for httpx."""
        arguments: dict[str, Any] = {"method": self.method, "url": self.path, "headers": self.headers}
        if self.query:
            arguments["params"] = self.query
        if self.form:
            return arguments | {"data": self.json}
        if not self.json:
            return arguments
        headers = {"Content-Type": "application/json", **self.headers}
        return arguments | {
            "headers": headers,
            "content": json.dumps(self.json),
        }  # ASCII: it can carry half a surrogate pair


def characters(text: str) -> str:
    r"""Turn `\u0000` into the character, so that a lesson can send one that no keyboard has."""
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)


def whole(text: str, word: str) -> str:
    """The text, if UTF-8 can write it. Raises UsageError, which names the typed word, for half a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        typed_word = word.encode(errors="backslashreplace").decode()
        half = f"\\u{ord(text[error.start]):04x}"
        raise UsageError(
            f"{half} in `{typed_word}` is half a character, which only JSON can carry: text=..."
        ) from error
    return text


def _raw(word: str, value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError as error:
        raise UsageError(f"What follows := in `{word}` is not JSON.") from error


class Tokens:
    """The tokens that servers have handed out, by the name that the student gave each."""

    def __init__(self) -> None:
        self.path = home() / "tokens.json"
        try:
            self._tokens: dict[str, str] = json.loads(self.path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            self._tokens = {}

    def get(self, name: str) -> str | None:
        return self._tokens.get(name)

    def remember(self, name: str, answer: httpx.Response) -> None:
        """Keep the token of an answer that has one."""
        try:
            token = answer.json()["access_token"]
        except (ValueError, TypeError, KeyError):
            return
        self._tokens[name] = str(token)
        self.path.write_text(json.dumps(self._tokens), encoding="utf-8")


def stage_at_hand() -> str:
    """The stage whose server a student most likely means: the one that they are at."""
    try:
        return current_stage().id
    except CourseError:
        return STAGES[0].id


def base_url() -> str:
    """Where the student's server is: COURSE_URL, or what `course run` has started last, or port 8000."""
    if url := os.environ.get("COURSE_URL"):
        return url
    running = sorted((home() / "ports").glob("*.server"), key=lambda note: note.stat().st_mtime)
    return f"http://127.0.0.1:{running[-1].stem if running else 8000}"


async def send(
    request: Request,
    *,
    others: Sequence[Request] = (),
    as_: str = "me",
    token: str | None = None,
    times: int = 1,
    timed: bool = False,
    meanwhile: str = "",
) -> str:
    """Send a request, and others at the same time, and return what to print."""
    tokens = Tokens()
    token = token or tokens.get(as_)  # what `nobody` is given is never kept
    headers = {"Authorization": f"Bearer {token}"} if token else {}  # a header of the request's own wins
    limits = httpx.Limits(max_connections=None)
    try:
        async with environment.async_http(
            base_url(), headers=headers, timeout=TIMEOUT_SECONDS, limits=limits
        ) as client:
            watch = asyncio.create_task(_watch(client, typed.path(meanwhile))) if meanwhile else None
            start = time.perf_counter()
            sent = (*[request] * times, *others)
            answers = await asyncio.gather(*(client.request(**each.arguments()) for each in sent))
            milliseconds = 1000 * (time.perf_counter() - start)
            seen = await _end(watch) if watch else []
    except httpx.TransportError as error:
        raise CourseError(
            f"No server answered at {base_url()}{request.path} ({error or type(error).__name__}). "
            f"Start one in another terminal: course run {stage_at_hand()}"
        ) from error
    if as_ != NOBODY:
        tokens.remember(as_, answers[0])
    lines = list(chain.from_iterable(map(answer_lines, answers)) if times == 1 else _many(answers))
    if timed:
        lines.append(f"({milliseconds:.0f} ms)")
    if seen:
        lines.append(f"meanwhile {meanwhile}: the slowest of {len(seen)} answers took {1000 * max(seen):.0f} ms")
    return "\n".join(lines)


async def _watch(client: httpx.AsyncClient, path: str) -> list[float]:
    """Ask for a path again and again; returns the seconds of each answer when it is cancelled."""
    seen: list[float] = []
    while True:
        start = time.perf_counter()
        request = asyncio.ensure_future(client.get(path))
        try:
            await asyncio.shield(request)
        except asyncio.CancelledError:
            await request  # the answer that is under way counts: it may be the slowest
            return [*seen, time.perf_counter() - start]
        seen.append(time.perf_counter() - start)


async def _end(watch: "asyncio.Task[list[float]]") -> list[float]:
    watch.cancel()
    return await watch


def _many(answers: Sequence[httpx.Response]) -> Iterator[str]:
    counts = Counter(f"{answer.status_code} {answer.reason_phrase}" for answer in answers)
    for status, count in sorted(counts.items()):
        yield f"{count} x {status}"
