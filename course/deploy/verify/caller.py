"""Somebody who tries the doors of a deployed stage, from outside, with one account."""

import json
import re
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import httpx

from course import environment
from course.deploy.kinds import tokens
from course.stages import Stage

ANSWER_SECONDS = 30
LOGINS = 6
PORTS = {"http": 80, "https": 443}
COMMIT = re.compile(r"(?:.*\+)?(?P<commit>[0-9a-f]{7,40})")


class NotJudgedError(Exception):
    """From here it can't be seen whether a door is open, and why."""


class Caller:
    """Somebody who tries the doors of a deployed stage, with one account, which `leave` deletes again."""

    login_path = "/auth/login"
    document_path = "/openapi.json"

    def __init__(self, url: str, *, home: str = "/", docs: str = "/docs", deletes_account: bool = False) -> None:
        self.url = url
        self.home = home
        self.docs = docs
        self._deletes_account = deletes_account
        self.http = environment.http(url, timeout=ANSWER_SECONDS, event_hooks={"response": [self._note]})
        self.cookies: dict[str, str] = {}  # by name, all that was said of it
        self._email = f"verify-{secrets.token_hex(8)}@example.com"
        self._password = secrets.token_hex(16)
        self.accounts = 0

    @classmethod
    def of(cls, stage: Stage, url: str) -> "Caller":
        """Somebody who knows a stage."""
        return cls(url, home=stage.home or "/", docs=stage.docs, deletes_account=stage.id == "06")

    def _note(self, response: httpx.Response) -> None:
        self.http.cookies.clear()  # each request stands for itself
        for cookie in response.headers.get_list("set-cookie"):
            self.cookies[cookie.partition("=")[0]] = cookie.partition(";")[2]

    @cached_property
    def _registered(self) -> httpx.Response:
        """The answer to the registration. Raises NotJudgedError if it is refused."""
        answer = self.http.post("/auth/register", json={"email": self._email, "password": self._password})
        if answer.status_code != httpx.codes.CREATED:
            raise NotJudgedError(f"POST /auth/register was answered {answer.status_code}")
        self.accounts = 1
        return answer

    @cached_property
    def token(self) -> str:
        """The token of a new account. Raises NotJudgedError if there is none."""
        return self.token_in(self._registered)

    @cached_property
    def logins(self) -> list["Login"]:
        """Some logins, with what each took. Raises NotJudgedError if one fails."""
        self.token  # noqa: B018 (it makes the account)
        return [self.log_in() for _ in range(LOGINS)]

    def log_in(self) -> "Login":
        """One more login. Raises NotJudgedError if it fails."""
        began, at = time.perf_counter(), time.time()
        answer = self.ask_to_log_in()
        seconds = time.perf_counter() - began
        if not answer.is_success:
            raise NotJudgedError(f"POST {self.login_path} with the right password was answered {answer.status_code}")
        token = self.token_in(answer)
        issued = claims(token).get("iat") if token else None
        return Login(token, seconds, issued - at if isinstance(issued, int | float) else 0.0)

    def ask_to_log_in(self) -> httpx.Response:
        """One login with the right password."""
        return self.http.post(self.login_path, data={"username": self._email, "password": self._password})

    def token_in(self, answer: httpx.Response) -> str:
        """The token of a registration or a login. Raises NotJudgedError if there is none."""
        said = json_of(answer)
        token = said.get("access_token") if isinstance(said, dict) else None
        if not isinstance(token, str):
            asked = f"{answer.request.method} {answer.request.url.path}"
            raise NotJudgedError(f"{asked} was answered {answer.status_code} without an access_token")
        return token

    @cached_property
    def document(self) -> dict[str, Any]:
        """The OpenAPI document; empty if there is none."""
        answer = self.http.get(self.document_path)
        read = json_of(answer) if answer.status_code == httpx.codes.OK else None
        return read if isinstance(read, dict) else {}

    @property
    def commit(self) -> str:
        """The commit that the app says it is, as the version in its OpenAPI document; empty if it says none."""
        version = str(self.document.get("info", {}).get("version", ""))
        found = COMMIT.fullmatch(version)
        return found["commit"] if found else ""

    def alone(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request on a connection of its own."""
        return environment.request(method, self.url + path, timeout=ANSWER_SECONDS, **options)

    def seconds(self, path: str) -> float:
        """How long a GET takes on the connection that is open already."""
        began = time.perf_counter()
        self.http.get(path)
        return time.perf_counter() - began

    @contextmanager
    def ways(self) -> Iterator[tuple[httpx.Client, httpx.Client]]:
        """Two clients whose requests come from different addresses. Raises NotJudgedError if there is but one."""
        parts = urlsplit(self.url)
        host, port = parts.hostname, parts.port or PORTS[parts.scheme]
        # Without a network in between, this machine has a second address on Linux and Windows; else IPv4 and IPv6.
        sources = ("127.0.0.1", "127.0.0.2") if host == "127.0.0.1" else ("0.0.0.0", "::")  # noqa: S104
        for source in sources:
            try:
                socket.create_connection((host, port), ANSWER_SECONDS, source_address=(source, 0)).close()
            except OSError as error:
                raise NotJudgedError(f"from {source} this machine can't reach the server, so it has one way") from error
        one, two = (
            environment.http(self.url, transport=httpx.HTTPTransport(local_address=source), timeout=ANSWER_SECONDS)
            for source in sources
        )
        with one, two:
            yield one, two

    def leave(self) -> None:
        """Delete the account, where that can be done."""
        if self.accounts and self._deletes_account:
            known = self.__dict__  # what was never asked for, or not understood, is not asked for now
            tokens = [known.get("token"), *(login.token for login in known.get("logins", []))]
            for each in [
                token for token in tokens if token for _ in range(2)
            ]:  # another replica may take what one refuses
                answer = self.http.request(
                    "DELETE", "/users/me", headers=bearer(each), json={"current_password": self._password}
                )
                if answer.status_code == httpx.codes.NO_CONTENT:
                    self.accounts = 0
                    break
        self.http.close()


@dataclass(frozen=True)
class Login:
    """A token, how long it took to get it, and by how much its time is ahead of this machine's."""

    token: str
    seconds: float
    ahead: float


def json_of(answer: httpx.Response) -> Any:
    """What an answer says in JSON; None if it is none, or none that can be read."""
    try:
        return json.loads(answer.content)
    except (ValueError, RecursionError):
        return None


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def claims(token: str) -> dict[str, Any]:
    """What a JSON Web Token says. Raises NotJudgedError if it is none."""
    try:
        _, said = tokens.read(token)
    except ValueError as error:
        raise NotJudgedError("its tokens are not JSON Web Tokens") from error
    return said if isinstance(said, dict) else {}
