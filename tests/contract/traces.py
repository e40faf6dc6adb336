"""What the suites make at an address that is somebody else's, and how it goes again."""

import json
import warnings
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from urllib.parse import parse_qs

import anyio
import httpx

CLEANERS = 8  # requests at once: a far server answers each of a thousand no sooner than the way there and back takes
GONE = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND)  # deleted now, or before
NOT_DELETED_SHOWN = 3


@dataclass
class Account:
    """An account that a test registered."""

    email: str
    password: str
    token: str
    gone: bool = False


@dataclass(frozen=True)
class Thing:
    """A post, a comment, a note or a product that a test wrote."""

    location: str
    headers: dict[str, str]
    author: Account | None


class Traces:
    """Notes what is made, by looking at each answer; `delete` deletes it, and warns of what it could not."""

    def __init__(self, *, deletes_accounts: bool) -> None:
        self._deletes_accounts = deletes_accounts
        self._accounts: dict[str, Account] = {}  # by e-mail
        self._by_token: dict[str, Account] = {}
        self._things: list[Thing] = []

    async def note(self, response: httpx.Response) -> None:
        """Look at an answer. httpx calls this for each."""
        request = response.request
        author = self._by_token.get(_token(request))
        match (request.method, request.url.path, response.status_code):
            case ("POST", "/auth/register", HTTPStatus.CREATED):
                sent = json.loads(request.content)
                self._enter(Account(sent["email"], sent["password"], await _issued(response)))
            case ("POST", "/auth/login", HTTPStatus.OK):
                email = parse_qs(request.content.decode(errors="replace")).get("username", [""])[0]
                if known := self._accounts.get(email.lower()):
                    known.token = await _issued(response)
                    self._enter(known)
            case ("PUT", "/users/me/password", HTTPStatus.NO_CONTENT) if author:
                author.password = json.loads(request.content)["new_password"]
            case ("DELETE", "/users/me", HTTPStatus.NO_CONTENT) if author:
                author.gone = True
            case (_, _, HTTPStatus.CREATED) if "location" in response.headers:
                headers = {name: value for name, value in request.headers.items() if name == "authorization"}
                self._things.append(Thing(response.headers["location"], headers, author))

    def _enter(self, account: Account) -> None:
        self._accounts[account.email.lower()] = self._by_token[account.token] = account

    async def delete(self, client: httpx.AsyncClient) -> None:
        """Delete all of it: accounts, with what they wrote, and then what is left."""
        stays: list[str] = []
        turns = anyio.Semaphore(CLEANERS)

        async def attempt(name: str, delete: Callable[[], Awaitable[httpx.Response]]) -> None:
            async with turns:
                try:
                    status = (await delete()).status_code
                except httpx.TransportError as error:
                    stays.append(f"{name} ({type(error).__name__})")
                else:
                    if status not in GONE:
                        stays.append(f"{name} (answered {status})")

        if self._deletes_accounts:
            async with anyio.create_task_group() as tasks:
                for account in self._accounts.values():
                    if not account.gone:
                        tasks.start_soon(attempt, account.email, partial(_leave, client, account))
        async with anyio.create_task_group() as tasks:
            for thing in reversed(self._things):
                if not (thing.author and thing.author.gone):
                    tasks.start_soon(
                        attempt, thing.location, partial(client.delete, thing.location, headers=thing.headers)
                    )
        if stays:
            first = ", ".join(stays[:NOT_DELETED_SHOWN])
            more = " ..." if len(stays) > NOT_DELETED_SHOWN else ""
            warnings.warn(f"Not deleted, and still there: {len(stays)}, as {first}{more}", stacklevel=1)


async def _leave(client: httpx.AsyncClient, account: Account) -> httpx.Response:
    """Delete an account. Its token may have ended, by a change of the password; then log in first."""
    body = {"current_password": account.password}
    for _ in range(2):
        headers = {"Authorization": f"Bearer {account.token}"}
        response = await client.request("DELETE", "/users/me", headers=headers, json=body)
        if response.status_code != HTTPStatus.UNAUTHORIZED:
            break
        await client.post("/auth/login", data={"username": account.email, "password": account.password})
    return response


def _token(request: httpx.Request) -> str:
    return str(request.headers.get("authorization", "")).removeprefix("Bearer ")


async def _issued(response: httpx.Response) -> str:
    await response.aread()
    return str(response.json()["access_token"])
