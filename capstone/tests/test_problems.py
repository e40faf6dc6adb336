"""Errors as clients see them, request ids, and the limit of a body."""

from collections.abc import AsyncIterator

import httpx
import pytest
from databases import Database
from fastapi import FastAPI
from visitors import Visitor, client_of

from app.services import posts_service


async def test_a_problem_says_what_where_and_how_bad(client: httpx.AsyncClient) -> None:
    response = await client.get("/posts/999999")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no post 999999.",
    }


@pytest.mark.parametrize(
    "path", ["/nowhere", "/posts/", "/health/", "/posts/1/", "http://app.test//posts", "/%00", "/%ff"]
)
async def test_an_unknown_path_is_a_problem_and_never_a_redirect(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/posts", "GET, POST"),
        ("POST", "/posts/1", "DELETE, GET, PATCH"),
        ("POST", "/users/me", "DELETE, GET, PATCH"),
        ("POST", "/health", "GET, HEAD"),
        ("GET", "/auth/login", "POST"),
        ("POST", "/docs", "GET, HEAD"),
        ("OPTIONS", "/openapi.json", "GET, HEAD"),
    ],
)
async def test_a_wrong_method_is_told_all_the_right_ones(
    client: httpx.AsyncClient, method: str, path: str, allowed: str
) -> None:
    response = await client.request(method, path)
    assert response.status_code == 405
    assert sorted(response.headers["allow"].split(", ")) == allowed.split(", ")
    assert response.headers["content-type"] == "application/problem+json"


async def test_our_own_mistake_is_a_problem_without_details_and_the_client_may_not_reuse_the_connection(
    app: FastAPI, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the secret is out")

    monkeypatch.setattr(posts_service, "list_posts", fail)
    async with client_of(app, raise_app_exceptions=False) as client:
        response = await client.get("/posts", headers={"X-Request-ID": "my-id"})
    assert response.status_code == 500
    assert response.json()["title"] == "Internal Server Error"
    assert "secret" not in response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-request-id"] == "my-id"
    assert response.headers["connection"] == "close"


@pytest.mark.parametrize("own_id", ["a", "A-Z_0.9", "x" * 128])
async def test_the_callers_own_request_id_comes_back(client: httpx.AsyncClient, own_id: str) -> None:
    response = await client.get("/health", headers={"X-Request-ID": own_id})
    assert response.headers["x-request-id"] == own_id


@pytest.mark.parametrize("own_id", ["", " ", "x" * 129, "a b", "a\tb", "é", '"', "a,b", "a/b", "a\n"])
async def test_a_request_id_that_is_not_safe_to_repeat_is_replaced(client: httpx.AsyncClient, own_id: str) -> None:
    response = await client.get("/health", headers={b"X-Request-ID": own_id.encode("latin-1")})
    assert response.headers["x-request-id"] != own_id
    assert len(response.headers["x-request-id"]) == 32


async def test_every_answer_has_a_request_id_of_its_own(client: httpx.AsyncClient, ana: Visitor) -> None:
    responses = [
        await client.get("/health"),
        await client.get("/nowhere"),
        await client.put("/posts"),
        await client.get("/users/me"),
        await client.get("/posts?limit=x"),
        await client.post("/posts", content=b"x" * 2_000_001),
        await ana.send("POST", "/posts", title="A title", body="A body"),
        await client.get("/openapi.json"),
        await client.get("/docs"),
    ]
    assert [response.status_code for response in responses] == [200, 404, 405, 401, 422, 413, 201, 200, 200]
    assert len({response.headers["x-request-id"] for response in responses}) == len(responses)


async def in_pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 1_000):
        yield b" " * 1_000
    yield b" " * (size % 1_000)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/posts"),
        ("POST", "/auth/register"),
        ("POST", "/auth/login"),
        ("PATCH", "/users/me"),
        ("GET", "/posts"),
        ("PUT", "/nowhere"),
    ],
)
@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded"])
async def test_a_body_over_2_mb_is_a_413_declared_or_in_pieces_wherever_it_is_sent(
    client: httpx.AsyncClient, method: str, path: str, content_type: str
) -> None:
    for content in (b" " * 2_000_001, in_pieces(2_000_001)):
        response = await client.request(method, path, content=content, headers={"Content-Type": content_type})
        assert response.status_code == 413
        assert response.headers["content-type"] == "application/problem+json"


async def test_a_body_of_2_mb_is_read(ana: Visitor) -> None:
    headers = ana.headers | {"Content-Type": "application/json"}
    text = b'{"title": "A title", "body": "A body"}'
    response = await ana.client.post("/posts", content=text.ljust(2_000_000), headers=headers)
    assert response.status_code == 201


async def test_a_declared_length_that_is_a_lie_or_no_number_does_no_harm(ana: Visitor) -> None:
    for length in ("", "x", "-1", "1e9", "0"):
        headers = {b"Content-Length": length.encode(), b"Content-Type": b"application/json"}
        response = await ana.client.post("/auth/register", content=b"{}", headers=headers)
        assert response.status_code == 422


async def test_a_declared_length_of_5000_digits_is_too_long(client: httpx.AsyncClient) -> None:
    response = await client.post("/posts", content=b"{}", headers={"Content-Length": "9" * 5_000})
    assert response.status_code == 413
