"""Requests to an app: each is counted against what was agreed on, each 5xx is noted, each can be shown as a command."""

import re
import shlex
import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx

from course import environment
from course.deploy.review.answers import SHOWN_CHARACTERS, body_of, is_refused_for_now, shown
from course.deploy.review.document import Document, Operation, Schema
from course.deploy.review.finding import Finding, NotJudgedError

if TYPE_CHECKING:
    from course.deploy.review.serving import Served

ANSWER_SECONDS = 30
HEALTH = re.compile(r"/(?:health\w*|live\w*|alive|ping)$", re.IGNORECASE)
AT_ONCE = 10
BODY_SHOWN = 600


class BudgetError(Exception):
    """The time or the requests that were agreed on are spent."""


@dataclass
class Guest:
    """Somebody with an account."""

    name: str  # ANA or BOB, as in the commands that a finding shows
    email: str
    username: str
    password: str
    headers: dict[str, str] = field(default_factory=dict)
    registered: Schema = field(default_factory=dict)  # what the registration was sent
    id: str = ""  # if an answer has told it

    @property
    def token(self) -> str:
        return next(iter(self.headers.values()), "").rpartition(" ")[2] if "Cookie" not in self.headers else ""


class Asking:
    """An app at an address, with its document. Every request is counted, and each 5xx is noted."""

    def __init__(
        self, url: str, told: Schema, *, seconds: float, requests: int, served: "Served | None" = None
    ) -> None:
        self.url = url
        self.told = told  # by review.toml
        self.served = served  # if the review has started it
        self.guests: list[Guest] = []  # all who have an account
        self.sending = ""  # what is wrong with the request that is sent, if it is one of many
        self.errors: list[httpx.Response] = []  # 5xx that nobody has looked at yet
        self.not_judged: dict[str, str] = {}  # parts of a probe that found no answer
        self.held: tuple[float, socket.socket] | None = None  # since when a request waits for its own end
        self.requests = 0
        self._requests_max = requests
        self._until = time.monotonic() + seconds
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=2 * AT_ONCE)
        self.http = environment.http(
            url, timeout=ANSWER_SECONDS, limits=limits, event_hooks={"request": [self._count], "response": [self._note]}
        )

    def _count(self, _: httpx.Request) -> None:
        self.requests += 1
        if self.requests > self._requests_max:
            raise BudgetError(f"the {self._requests_max:,} requests that were agreed on are spent")
        if time.monotonic() > self._until:
            raise BudgetError("the time that was agreed on is over")

    def _note(self, response: httpx.Response) -> None:
        self.http.cookies.clear()  # each request stands for itself
        if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR and not is_refused_for_now(response):
            response.read()
            response.extensions["course"] = self.sending
            self.errors.append(response)

    @cached_property
    def document(self) -> Document:
        """What the app says of itself. Raises NotJudgedError if it says nothing."""
        path = self.told.get("document", "/openapi.json")
        answer = environment.request("GET", self.url + path, timeout=ANSWER_SECONDS)
        if answer.status_code != httpx.codes.OK or not body_of(answer).get("paths"):
            raise NotJudgedError(f"GET {path} was answered {answer.status_code}, with no OpenAPI document")
        return Document(body_of(answer))

    @property
    def health(self) -> str:
        """Where the app says that it is alive: as told, or as its document names it."""
        found = [each.path for each in self.document.reads if HEALTH.search(each.path)]
        return str(self.told.get("health") or min(found, key=len, default="/health"))

    def operation_at(self, request: httpx.Request) -> Operation | None:
        """What of the document a request asks for."""
        alike = (each for each in self.document.operations if each.method == request.method.lower())
        fits = [each for each in alike if values_in(each, request.url.path) is not None]
        return min(fits, key=lambda each: len(each.parameters), default=None)

    def send(
        self, operation: Operation, values: dict[str, str] | None = None, *, body: Any = None, **options: Any
    ) -> httpx.Response:
        """Ask for an operation: its body as the operation takes it, with a guest's headers if there is a guest."""
        path = operation.path_with({name: quote(str(value), safe="") for name, value in (values or {}).items()})
        if body is not None and (body or operation.body):
            options["data" if operation.is_form else "json"] = operation.wrapped(body)
        return self.ask(operation.method.upper(), path, **options)

    def ask(self, method: str, path: str, *, guest: Guest | None = None, **options: Any) -> httpx.Response:
        """One request."""
        headers = {**(guest.headers if guest else {}), **options.pop("headers", {})}
        try:
            return self.http.request(method, path, headers=headers, **options)
        except (httpx.ReadError, httpx.RemoteProtocolError):  # a connection that the server had closed meanwhile
            return self.http.request(method, path, headers=headers, **options)

    def at_once(self, calls: Sequence[Callable[[], httpx.Response]]) -> list[httpx.Response]:
        """Several requests that begin at the same moment, and their answers."""
        gate = threading.Barrier(len(calls))

        def call(one: Callable[[], httpx.Response]) -> httpx.Response:
            gate.wait(ANSWER_SECONDS)
            return one()

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(call, calls))

    def seen(self, kind: str, response: httpx.Response, came: str = "", *, certain: bool = True) -> Finding:
        """A finding that one answer shows."""
        operation = self.operation_at(response.request)
        where = operation.name if operation else f"{response.request.method} {response.request.url.path}"
        text = came or f"{response.status_code}: {shown(response)}"
        return Finding(kind, where, self.curl(response.request), text, certain)

    def curl(self, request: httpx.Request) -> str:
        """The command that repeats a request. The shell's variables say where the app is and who asks."""
        before = ""
        parts = ["curl", "-i"] + ([] if request.method == "GET" else ["-X", request.method])
        sent = sent_with(request)
        for guest in self.guests:
            if guest.headers and guest.headers.items() <= sent.items():
                [(name, value)] = guest.headers.items()
                parts.append(f'-H "{name}: {value.replace(guest.token or value, "$" + guest.name)}"')
                sent = {key: value for key, value in sent.items() if key not in guest.headers}
        for guest in self.guests:
            if guest.token:  # bent, but still somebody's
                sent = {key: value.replace(guest.token, f"${guest.name}") for key, value in sent.items()}
        for key, value in sent.items():
            if key.lower() in ("authorization", "content-type", "origin", "cookie") or key.lower().startswith("x-"):
                parts += ["-H", shlex.quote(f"{key}: {value[:SHOWN_CHARACTERS]}")]
        try:
            content = request.content
        except httpx.RequestNotRead:
            content = b""
            parts += ["--data-binary", "@-", "< FILE"]
        if len(content) <= BODY_SHOWN and not is_text(content):
            before, parts = f"printf '{in_octal(content)}' | ", [*parts, "--data-binary", "@-"]
        elif content:
            text = content.decode(errors="backslashreplace").replace("\0", "\\x00")
            text = text if len(text) <= BODY_SHOWN else f"{text[:BODY_SHOWN]}... ({len(content):,} bytes)"
            parts += ["--data-binary", shlex.quote(text)]
        return before + " ".join([*parts, f'"$URL{str(request.url).removeprefix(self.url)}"'])


def is_text(content: bytes) -> bool:
    """Can a shell's word say it? It can hold neither a NUL nor what is no UTF-8."""
    try:
        return "\0" not in content.decode()
    except UnicodeDecodeError:
        return False


def in_octal(content: bytes) -> str:
    """Bytes as the shell's `printf` takes them, between single quotes."""
    return "".join(chr(each) if 32 <= each < 127 and chr(each) not in "%'\\" else f"\\{each:03o}" for each in content)


def sent_with(request: httpx.Request) -> dict[str, str]:
    """The headers of a request, their names as people write them."""
    return {key.title() if key.islower() else key: value for key, value in request.headers.items()}


def values_in(operation: Operation, path: str) -> dict[str, str] | None:
    """What stands for the names in an operation's path in another path; None if that is not of it."""
    pattern = re.sub(r"\\\{(\w+)(?::\w+)?\\\}", r"(?P<\1>[^/]+)", re.escape(operation.path))
    found = re.fullmatch(pattern, path)
    return found.groupdict() if found else None
