"""Step 4.1a: the sketch in one file. It needs a database, and nothing of the app."""

import importlib
import os
import secrets
import sys
from contextlib import asynccontextmanager

import asyncpg
import httpx
import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine


async def run(statement: str) -> None:
    """Run one statement on the server that DATABASE_URL names."""
    connection = await asyncpg.connect(os.environ["DATABASE_URL"].replace("+asyncpg", ""))
    await connection.execute(statement)
    await connection.close()


@asynccontextmanager
async def started():
    """The sketch, imported anew and started, and somebody who talks to it. At the end it is over."""
    sys.modules.pop("first_version", None)
    sketch = importlib.import_module("first_version")
    transport = httpx.ASGITransport(sketch.app, raise_app_exceptions=False)
    async with (
        sketch.app.router.lifespan_context(sketch.app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        yield client
    for value in vars(sketch).values():
        if isinstance(value, AsyncEngine):
            await value.dispose()


@pytest.fixture
async def own_database(monkeypatch):
    """A new and empty database beside the one in DATABASE_URL, which names it from now on; it is dropped at the end."""
    name = f"sketch_{secrets.token_hex(4)}_test"
    await run(f'CREATE DATABASE "{name}"')
    url = make_url(os.environ["DATABASE_URL"]).set(drivername="postgresql", database=name)
    with monkeypatch.context() as changed:
        changed.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
        yield
    await run(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
async def sketch(own_database):
    async with started() as client:
        yield client


async def test_health_answers(sketch):
    response = await sketch.get("/health")

    assert response.status_code == 200
    assert response.json() == {"ok": True}


async def test_health_answers_without_a_database(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")  # nobody listens there
    sys.modules.pop("first_version", None)
    sketch = importlib.import_module("first_version")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sketch.app), base_url="http://test") as client:
        response = await client.get("/health")

    assert response.status_code == 200


async def test_a_new_note_is_answered_with_201_and_its_title(sketch):
    response = await sketch.post("/notes", json={"title": "Milk"})

    assert response.status_code == 201
    assert response.json()["title"] == "Milk"


async def test_the_list_holds_the_titles_of_all_notes(sketch):
    before = await sketch.get("/notes")
    for title in ("Milk", 'it\'s "bread"'):
        response = await sketch.post("/notes", json={"title": title})
        assert response.status_code == 201
    after = await sketch.get("/notes")

    assert before.status_code == 200
    assert before.json() == []
    assert sorted(after.json()) == ["Milk", 'it\'s "bread"']


async def test_a_note_is_still_there_after_a_new_start(own_database):
    async with started() as client:
        await client.post("/notes", json={"title": "Milk"})
    async with started() as client:
        response = await client.get("/notes")

    assert response.json() == ["Milk"]


async def test_a_note_without_a_title_is_refused(sketch):
    response = await sketch.post("/notes", json={"name": "Milk"})

    assert response.status_code == 422
