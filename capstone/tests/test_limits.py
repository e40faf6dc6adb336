"""What a client may make the server hold, and for how long; and the headers that protect every answer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from databases import DEADLINE_SECONDS, Database
from fastapi import FastAPI
from uvicorn import Config
from uvicorn.lifespan.on import LifespanOn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from visitors import Visitor, client_of, started

from app.config.settings import Settings
from app.services import posts_service
from app.web.body_limit import ANONYMOUS_BYTES_MAX, FORM_BYTES_MAX, BodyLimit
from app.web.server import FRAME_BYTES_MAX, configure_server

LARGE = b" " * (FORM_BYTES_MAX + 1)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/nowhere", 404),
        ("PUT", "/posts", 405),
        ("GET", "/posts", 200),
        ("POST", "/posts", 401),
        ("PATCH", "/users/me", 401),
        ("POST", "/auth/register", 413),
        ("POST", "/auth/login", 413),
    ],
)
@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer a.b.c", "Basic {token}"])
async def test_a_large_body_needs_a_token(
    client: httpx.AsyncClient, ana: Visitor, method: str, path: str, status: int, authorization: str
) -> None:
    headers = {"Content-Type": "application/json", "Authorization": authorization.format(token=ana.token)}
    response = await client.request(method, path, content=LARGE, headers=headers)
    assert response.status_code == status


async def test_without_a_token_no_more_is_held_than_a_form_needs(app: FastAPI) -> None:
    kept: list[bytes] = []

    async def endpoint(scope: Any, receive: Callable[[], Any], send: object) -> None:
        kept.append((await receive())["body"])

    limit = BodyLimit(endpoint, limit_bytes=2_000_000, seconds=30)
    for size in (ANONYMOUS_BYTES_MAX, ANONYMOUS_BYTES_MAX + 1, 1_900_000):
        pieces = iter([{"type": "http.request", "body": b"x" * 1_000, "more_body": True}] * (size // 1_000))
        last = {"type": "http.request", "body": b"x" * (size % 1_000), "more_body": False}

        async def receive(pieces: Any = pieces, last: Any = last) -> Any:
            return next(pieces, last)

        scope = {"type": "http", "app": app, "path": "/", "headers": [(b"transfer-encoding", b"chunked")]}
        await limit(scope, receive, lambda _: None)  # type: ignore[arg-type, return-value]
    assert [len(body) for body in kept] == [ANONYMOUS_BYTES_MAX, 0, 0]


async def never_whole() -> AsyncIterator[bytes]:
    yield b'{"email": '
    await asyncio.Event().wait()


@pytest.mark.parametrize("path", ["/auth/register", "/nowhere"])
async def test_a_body_that_does_not_arrive_whole_is_given_up(
    settings: Settings, committed_database: Database, path: str
) -> None:
    async with started(settings, body_seconds=0.05) as app, client_of(app) as client:
        async with asyncio.timeout(DEADLINE_SECONDS):
            response = await client.post(path, content=never_whole())
    assert response.status_code == 408
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["connection"] == "close"


@pytest.mark.parametrize(("trusted", "wraps"), [("", False), ("10.0.0.0/8", True), ("127.0.0.1,::1", True)])
async def test_the_server_is_told_how_large_a_frame_may_be_and_to_trust_nobody_by_itself(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch, trusted: str, wraps: bool
) -> None:
    if trusted:
        monkeypatch.setenv("FORWARDED_ALLOW_IPS", trusted)
    mine, other = Config(app), Config(never_whole)
    for config in (mine, other):
        config.load()
    configure_server(LifespanOn(mine).receive)
    assert mine.ws_max_size == FRAME_BYTES_MAX < other.ws_max_size
    assert isinstance(mine.loaded_app, ProxyHeadersMiddleware) == wraps
    assert isinstance(other.loaded_app, ProxyHeadersMiddleware)


@pytest.mark.parametrize(
    ("variables", "warned"),
    [
        ({}, False),
        ({"RAILWAY_ENVIRONMENT_NAME": "production"}, True),
        ({"FLY_APP_NAME": "blog"}, True),
        ({"RENDER": "true"}, True),
        ({"RENDER": "true", "FORWARDED_ALLOW_IPS": "*"}, False),
    ],
)
async def test_a_host_whose_proxy_is_not_trusted_is_warned_of(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    variables: dict[str, str],
    warned: bool,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    async with started(settings) as app, client_of(app) as client:
        assert (await client.get("/health/ready")).status_code == 200
    assert ("TRUSTED_PROXIES is not set" in caplog.text) == warned


async def test_every_answer_is_read_as_what_it_says_it_is_and_kept_nowhere(
    client: httpx.AsyncClient, app: FastAPI, ana: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError

    answers = [
        await client.get("/nowhere"),
        await client.get("/posts?limit=x"),
        await client.post("/posts", content=b" " * 2_000_001),
        await client.get("/openapi.json"),
        await ana.send("GET", "/users/me"),
        await client.post("/auth/login", data={"username": ana.email, "password": "wrong"}),
    ]
    monkeypatch.setattr(posts_service, "list_posts", fail)
    async with client_of(app, raise_app_exceptions=False) as other:
        answers.append(await other.get("/posts"))
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in answer.headers


async def test_over_tls_a_browser_is_told_never_to_come_without_it(app: FastAPI) -> None:
    async with client_of(app) as client:
        for path, headers in (("https://app.test/health", {}), ("/health", {"X-Forwarded-Proto": "https"})):
            response = await client.get(path, headers=headers)
            assert response.headers["strict-transport-security"].startswith("max-age=")
