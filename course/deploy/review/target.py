"""The app that is reviewed: how it is asked, who asks, and what was written there."""

import json
import re
import secrets
import shlex
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import httpx

from course import environment
from course.deploy.review.document import EMAIL, LOGS_IN, PASSWORD, REGISTERS, Document, Operation, Schema
from course.deploy.review.finding import Finding, NotJudgedError
from course.deploy.verify.caller import bearer

if TYPE_CHECKING:
    from course.deploy.review.serving import Served

ANSWER_SECONDS = 30
AT_ONCE = 10
SHOWN_CHARACTERS = 300
BODY_SHOWN = 600
TOKEN_NAMES = ("access_token", "accessToken", "token", "jwt", "id_token", "auth_token", "key")
NAMES = ("ANA", "BOB")
USER_NAME = re.compile(r"^(?:user_?name|login|nick_?name|handle)$", re.IGNORECASE)


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
    id: str = ""  # if the registration's answer has told it

    @property
    def token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")


@dataclass
class Row:
    """Something that a request has made there."""

    operation: Operation  # that made it
    values: dict[str, str]  # for the names in braces of that operation's path
    id: str
    answer: Schema
    guest: Guest | None
    location: str


class Target:
    """An app at an address, with its document. Every request is counted, and each 5xx is noted."""

    def __init__(
        self, url: str, told: Schema, *, seconds: float, requests: int, served: "Served | None" = None
    ) -> None:
        self.url = url
        self.told = told  # by review.toml
        self.served = served  # if the review has started it
        self.rows: list[Row] = []
        self.guests: list[Guest] = []  # all who have an account
        self._pair: list[Guest] = []
        self.sending = ""  # what is wrong with the request that is sent, if it is one of many
        self.errors: list[httpx.Response] = []  # 5xx that nobody has looked at yet
        self.not_judged: dict[str, str] = {}  # parts of a probe that found no answer
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
        if response.request.method == "POST" and response.status_code in (httpx.codes.OK, httpx.codes.CREATED):
            response.read()
            self._note_row(response)

    def _note_row(self, response: httpx.Response) -> None:
        """Remember what a request has made: it is to go again."""
        operation = self._operation_at(response.request)
        if operation is None or operation in (self.register, self.login):
            return
        answer = row_in(body_of(response))
        location = response.headers.get("location", "")
        made = id_of(answer) or location.rstrip("/").rpartition("/")[2]
        if made:
            sent = _sent(response.request).items()
            given = next((each for each in self.guests if each.headers and each.headers.items() <= sent), None)
            values = _values(operation, response.request.url.path)
            self.rows.append(Row(operation, values, made, answer, given, location))

    def _operation_at(self, request: httpx.Request) -> Operation | None:
        for each in self.document.operations:
            if each.method == request.method.lower() and _values(each, request.url.path) is not None:
                return each
        return None

    @cached_property
    def document(self) -> Document:
        """What the app says of itself. Raises NotJudgedError if it says nothing."""
        path = self.told.get("document", "/openapi.json")
        answer = environment.request("GET", self.url + path, timeout=ANSWER_SECONDS)
        if answer.status_code != httpx.codes.OK or not body_of(answer).get("paths"):
            raise NotJudgedError(f"GET {path} was answered {answer.status_code}, with no OpenAPI document")
        return Document(body_of(answer))

    # Who asks

    @cached_property
    def register(self) -> Operation | None:
        """How one registers: told by review.toml, or guessed."""
        return self._entrance("register", REGISTERS)

    @cached_property
    def login(self) -> Operation | None:
        """How one logs in: told, said by the document's security, or guessed."""
        for scheme in self.document.raw.get("components", {}).get("securitySchemes", {}).values():
            if url := scheme.get("flows", {}).get("password", {}).get("tokenUrl"):
                path = urlsplit(url).path
                for each in self.document.operations:
                    if each.method == "post" and each.path.strip("/").endswith(path.strip("/")):
                        return each
        return self._entrance("login", LOGS_IN)

    def _entrance(self, name: str, pattern: re.Pattern[str]) -> Operation | None:
        told = self.told.get(name, {}).get("path")
        for each in self.document.operations:
            if each.method == "post" and (each.path == told if told else self._is_entrance(each, pattern)):
                return each
        return None

    def _is_entrance(self, operation: Operation, pattern: re.Pattern[str]) -> bool:
        takes_password = operation.field(PASSWORD) is not None
        return takes_password and not operation.is_protected and pattern.search(operation.path) is not None

    @property
    def ana(self) -> Guest:
        """Somebody with an account. Raises NotJudgedError if nobody can have one."""
        return self._guest(0)

    @property
    def bob(self) -> Guest:
        """Somebody else. Raises NotJudgedError if nobody can have an account."""
        return self._guest(1)

    def _guest(self, number: int) -> Guest:
        for name in NAMES[len(self._pair) : number + 1]:
            self._pair.append(self.new_guest(name))
        return self._pair[number]

    def new_guest(self, name: str = "GUEST") -> Guest:
        """Somebody who has just registered. Raises NotJudgedError if that does not work."""
        if self.register is None:
            raise NotJudgedError(
                "no operation of the document looks like a registration: name it in review.toml, [register] path"
            )
        body = self.registration()
        response = self.send(self.register, body=body)
        if not response.is_success:
            raise NotJudgedError(f"{self.register.name} was answered {response.status_code}: {shown(response)}")
        username = next((str(value) for key, value in body.items() if USER_NAME.search(key)), "")
        email = next((str(value) for key, value in body.items() if EMAIL.search(key)), "")
        password = next(str(value) for key, value in body.items() if PASSWORD.search(key))
        guest = Guest(name, email, username, password, registered=body)
        guest.id = id_of(row_in(body_of(response)))
        self.guests.append(guest)
        guest.headers = credentials(response)
        if not guest.headers:
            guest.headers = credentials(self.log_in(guest))
        if not guest.headers:
            raise NotJudgedError("whoever registers and logs in gets no token that the review can find")
        return guest

    def registration(self) -> Schema:
        """A new body that a registration should take."""
        assert self.register is not None
        body = self.document.sample(self.register)
        passwords = [name for name in body if PASSWORD.search(name)]  # one is there to be repeated
        body |= dict.fromkeys(passwords, body[passwords[0]]) | self.told.get("register", {}).get("body", {})
        new = secrets.token_hex(4)
        return {key: value.format(new=new) if isinstance(value, str) else value for key, value in body.items()}

    def log_in(self, guest: Guest, password: str | None = None, name: str | None = None) -> httpx.Response:
        """Ask for a token. Raises NotJudgedError if the document knows no way."""
        if self.login is None:
            raise NotJudgedError(
                "no operation of the document looks like a login: name it in review.toml, [login] path"
            )
        return self.send(self.login, body=self.login_body(guest, password=password, name=name))

    def login_body(self, guest: Guest, *, password: str | None = None, name: str | None = None) -> Schema:
        assert self.login is not None
        body: Schema = {}
        for field_ in self.login.fields:
            if PASSWORD.search(field_):
                body[field_] = guest.password if password is None else password
            elif EMAIL.search(field_) or not guest.username:
                if EMAIL.search(field_) or USER_NAME.search(field_):
                    body[field_] = guest.email if name is None else name
            elif USER_NAME.search(field_):
                body[field_] = guest.username if name is None else name
        if "grant_type" in self.login.fields:
            body["grant_type"] = "password"
        return body

    # What is asked

    def send(
        self, operation: Operation, values: dict[str, str] | None = None, *, body: Any = None, **options: Any
    ) -> httpx.Response:
        """Ask for an operation: its body as the operation takes it, with a guest's headers if there is a guest."""
        path = operation.path_with({name: quote(str(value), safe="") for name, value in (values or {}).items()})
        if body is not None:
            options["data" if operation.is_form else "json"] = body
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

    # What is made there

    def creating(self) -> list[Operation]:
        """The operations that make a row, those that need no other row first."""
        made = [
            each
            for each in self.document.operations
            if each.method == "post" and each.body and each not in (self.register, self.login)
            if not each.field(PASSWORD)
        ]
        return sorted(made, key=lambda each: len(each.parameters))

    def create(self, operation: Operation, guest: Guest | None = None, **changed: Any) -> Row:
        """Make a new row. Raises NotJudgedError if what the document describes is refused."""
        guest = guest or (self.ana if operation.is_protected else None)
        values = self.values_for(operation, guest)
        refused = ""
        for whole in (False, True):
            body = {**self.body_for(operation, whole=whole), **changed}
            before = len(self.rows)
            response = self.send(operation, values, body=body, guest=guest)
            if response.is_success and len(self.rows) > before:
                return self.rows[-1]
            refused = f"{operation.name} was answered {response.status_code}: {shown(response)}"
        raise NotJudgedError(f"no row could be made: {refused}")

    def body_for(self, operation: Operation, *, whole: bool = False) -> Schema:
        """A body that should be taken, with ids of rows that are there."""
        known: dict[str, object] = {}
        for name in operation.fields:
            if name.endswith("_id") and (row := self._row_of(name.removesuffix("_id"))):
                known[name] = row.answer.get("id", row.id)
        told = self.told.get("bodies", {}).get(operation.name, {})
        return {**self.document.sample(operation, known, whole=whole), **told}

    def _row_of(self, word: str) -> Row | None:
        """The newest row of a collection that is named by this word, or by its plural."""
        return next((row for row in reversed(self.rows) if _is_of(row.operation, word)), None)

    def values_for(self, operation: Operation, guest: Guest | None = None, row: Row | None = None) -> dict[str, str]:
        """What stands for the names in the operation's path: a row's own id last, and those that it is under before.

        Without a row, a new one is made where one is needed. Raises NotJudgedError if it can't be.
        """
        values = dict(row.values) if row else {}
        missing = [name for name in operation.parameters if name not in values]
        if row and missing:
            values[missing.pop()] = row.id
        for name in missing:
            maker = self.maker(operation, name)
            someone = guest or (self.guests[0] if self.guests else None)
            if maker is None and name.startswith(("user", "account", "member", "owner")) and someone and someone.id:
                values[name] = someone.id
                continue
            if maker is None:
                raise NotJudgedError(f"what stands for {{{name}}} in {operation.path} is made by no other operation")
            values[name] = self.create(maker, guest if maker.is_protected else None).id
        return values

    def maker(self, operation: Operation, name: str | None = None) -> Operation | None:
        """The operation that makes what the last, or the named, parameter of a path stands for."""
        name = name or (operation.parameters or [""])[-1]
        collection = re.split(rf"/?\{{{name}(?::\w+)?\}}", operation.path)[0]
        makers = [each for each in self.creating() if each is not operation]
        exact = [each for each in makers if each.path.rstrip("/") == collection]
        word = collection.rpartition("/")[2]
        return next(iter(exact or [each for each in makers if word and _is_of(each, word)]), None)

    def items(self, operation: Operation, *methods: str) -> list[Operation]:
        """The operations on one row of what an operation makes."""
        return [
            each
            for each in self.document.operations
            if each.method in methods and each.path.endswith("}") and self.maker(each) is operation
        ]

    def lists(self, operation: Operation) -> Operation | None:
        """The operation that lists what an operation makes."""
        path = operation.path.rstrip("/")
        return next(
            (each for each in self.document.operations if each.method == "get" and each.path.rstrip("/") == path), None
        )

    # What is told

    def seen(self, kind: str, response: httpx.Response, came: str = "", *, certain: bool = True) -> Finding:
        """A finding that one answer shows."""
        operation = self._operation_at(response.request)
        where = operation.name if operation else f"{response.request.method} {response.request.url.path}"
        text = came or f"{response.status_code}: {shown(response)}"
        return Finding(kind, where, self.curl(response.request), text, certain)

    def curl(self, request: httpx.Request) -> str:
        """The command that repeats a request. The shell's variables say where the app is and who asks."""
        parts = ["curl", "-i"] + ([] if request.method == "GET" else ["-X", request.method])
        sent = _sent(request)
        for guest in self.guests:
            if guest.headers and guest.headers.items() <= sent.items():
                name = next(iter(guest.headers))
                shown_ = f"{name}: Bearer ${guest.name}" if name == "Authorization" else f"{name}: ${guest.name}"
                parts.append(f'-H "{shown_}"')
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
        if content:
            text = content.decode(errors="backslashreplace")
            text = text if len(text) <= BODY_SHOWN else f"{text[:BODY_SHOWN]}... ({len(content):,} bytes)"
            parts += ["--data-binary", shlex.quote(text.replace("\0", "\\x00"))]
        return " ".join([*parts, f'"$URL{str(request.url).removeprefix(self.url)}"'])

    def leave(self) -> list[str]:
        """Delete what was made there, as far as the app allows, and say what stays."""
        self._requests_max, self._until = self.requests + 10 * len(self.rows) + 100, time.monotonic() + ANSWER_SECONDS
        stays: dict[str, int] = {}
        for row in reversed(self.rows):
            deletes = self.items(row.operation, "delete")
            if not (deletes and self._deletes(deletes[0], row)):
                stays[row.operation.path] = stays.get(row.operation.path, 0) + 1
        for guest in self.guests:
            if not self._deletes_account(guest):
                stays["accounts"] = stays.get("accounts", 0) + 1
        self.http.close()
        return [f"{what}: {count}" for what, count in stays.items()]

    def _deletes_account(self, guest: Guest) -> bool:
        for each in self.document.operations:
            if each.method == "delete" and each.path.endswith("/me") and not each.parameters:
                body = dict.fromkeys(each.fields, guest.password)
                with suppress(httpx.HTTPError):
                    return self.send(each, body=body or None, guest=guest).is_success
        return False

    def _deletes(self, operation: Operation, row: Row) -> bool:
        try:
            values = self.values_for(operation, row=row)
            status = self.send(operation, values, guest=row.guest).status_code
        except (NotJudgedError, httpx.HTTPError):
            return False
        return status < httpx.codes.BAD_REQUEST or status in (httpx.codes.NOT_FOUND, httpx.codes.GONE)


def _is_of(operation: Operation, word: str) -> bool:
    last = [part for part in operation.path.split("/") if part and "{" not in part][-1:]
    return bool(last) and last[0].rstrip("s") in (word.rstrip("s"), re.sub(r"y$", "ie", word))


def _sent(request: httpx.Request) -> dict[str, str]:
    return {key.title() if key.islower() else key: value for key, value in request.headers.items()}


def _values(operation: Operation, path: str) -> Any:
    """What stands for the names in an operation's path in another path; None if that is not of it."""
    pattern = re.sub(r"\\\{(\w+)(?::\w+)?\\\}", r"(?P<\1>[^/]+)", re.escape(operation.path))
    found = re.fullmatch(pattern, path)
    return found.groupdict() if found else None


def credentials(response: httpx.Response) -> dict[str, str]:
    """The headers that show who asks, out of the answer of a registration or a login; none if there is no token."""
    if not response.is_success:
        return {}
    if token := _token_in(body_of(response)):
        return bearer(token)
    cookies = [each.partition(";")[0] for each in response.headers.get_list("set-cookie")]
    return {"Cookie": "; ".join(cookies)} if cookies else {}


def _token_in(value: Any) -> str:
    if isinstance(value, dict):
        for name in TOKEN_NAMES:
            if isinstance(value.get(name), str):
                return str(value[name])
        return next((token for each in value.values() if (token := _token_in(each))), "")
    return ""


def row_in(body: Schema) -> Schema:
    """The row of an answer, be it inside an envelope."""
    inside = [each for each in body.values() if isinstance(each, dict) and id_of(each)]
    return body if id_of(body) or not inside else inside[0]


def id_of(row: Schema) -> str:
    """What names a row; empty if nothing does."""
    return str(next((row[name] for name in ("id", "uuid", "slug") if isinstance(row.get(name), str | int)), ""))


def body_of(response: httpx.Response) -> Schema:
    """The JSON object of an answer; empty if it holds none."""
    try:
        read = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def rows_of(response: httpx.Response) -> list[Any]:
    """The rows of a list's answer, bare or in a page; none if it holds no list."""
    try:
        read = json.loads(response.content)
    except ValueError:
        return []
    if isinstance(read, dict):
        return next((each for each in read.values() if isinstance(each, list)), [])
    return read if isinstance(read, list) else []


def shown(response: httpx.Response) -> str:
    """An answer on one line, and not too long."""
    line = " ".join(response.text.split())
    return line if len(line) <= SHOWN_CHARACTERS else f"{line[:SHOWN_CHARACTERS]} ..."


def is_refused_for_now(response: httpx.Response) -> bool:
    """Does the server say that it has too much to do at this moment? That is no fault."""
    return response.status_code == httpx.codes.SERVICE_UNAVAILABLE and "retry-after" in response.headers


def tells(response: httpx.Response) -> bool:
    """Does an error tell what went wrong inside?"""
    words = ("Traceback", "sqlalchemy", "asyncpg", "psycopg", 'File "', "SELECT ", "INSERT INTO", "UPDATE ", "Error:")
    return any(word in response.text for word in words) or re.search(r"\w+\(\)|\[Errno", response.text) is not None
