"""What the stage answers over plain HTTP: its health, its page, and errors in one shape."""

import re
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from settings import Settings

STATIC = sorted(Path("static").iterdir())
NO_DATABASE = Settings(
    database_url=SecretStr("postgresql://nobody@127.0.0.1:1/nothing"),
    jwt_secret=SecretStr("a test's secret " * 4),
)


@pytest.fixture
async def client():
    """Somebody who talks to an app that has not been started, and has no database."""
    from websocket_example import create_app

    transport = httpx.ASGITransport(create_app(NO_DATABASE))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def test_health_answers_without_a_database(client):
    response = await client.get("/health")
    assert response.status_code == 200
    assert response.json() == {"ok": True}


async def test_health_answers_a_head_request_too(client):
    response = await client.head("/health")
    assert (response.status_code, response.content) == (200, b"")


async def test_the_page_is_served_with_all_that_it_loads(client):
    page = await client.get("/")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    for file in STATIC:
        response = await client.get(f"/{file.name}")
        assert response.status_code == 200
        assert response.content == file.read_bytes()


def test_the_page_loads_nothing_from_elsewhere():
    for file in STATIC:
        assert re.findall(r"(?:https?|wss?)://[^\s\"'`]+", file.read_text(encoding="utf-8")) == []


def test_the_page_never_reads_what_people_write_as_html():
    for file in STATIC:
        assert (
            re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", file.read_text(encoding="utf-8"))
            == []
        )


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/nothing", 404, "Not Found"),
        ("GET", "/ws/notify", 404, "Not Found"),
        ("POST", "/health", 405, "Method Not Allowed"),
        ("GET", "/../settings.py", 404, "Not Found"),
        ("GET", "/%00", 404, "Not Found"),
    ],
)
async def test_an_error_has_the_shape_of_all_errors(client, method, path, status, message):
    response = await client.request(method, path)
    assert response.status_code == status
    assert response.json() == {"error": message}
