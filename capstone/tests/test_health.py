"""Is it alive, and is it ready?"""

import asyncio

import httpx
import pytest
from databases import Database
from fastapi import FastAPI
from sqlalchemy import text

from app.database.migrations import Revisions, is_sufficient

READY_DEADLINE_SECONDS = 15  # far above what the app allows itself, and below what the database would wait


@pytest.mark.parametrize("host", ["app.test", "healthcheck.railway.app", "x:1"])
async def test_it_is_alive_for_whoever_asks(client: httpx.AsyncClient, host: str) -> None:
    response = await client.get("/health", headers={"Host": host})
    assert response.status_code == 200
    assert response.json() == {"ok": True}
    assert (await client.head("/health", headers={"Host": host})).status_code == 200


async def test_being_alive_needs_no_database(app: FastAPI, client: httpx.AsyncClient, database: Database) -> None:
    app.state.sessionmaker = app.state.writer = None
    response = await client.get("/health")
    app.state.sessionmaker, app.state.writer = database.sessionmaker, database.writer
    assert response.status_code == 200


async def test_it_is_ready_once_all_migrations_are_there(client: httpx.AsyncClient) -> None:
    response = await client.get("/health/ready")
    assert response.status_code == 200
    assert response.json() == {"ok": True}


async def set_revision(database: Database, revision: str) -> None:
    async with database.transaction() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


async def test_it_is_not_ready_while_a_migration_is_missing(client: httpx.AsyncClient, database: Database) -> None:
    await set_revision(database, "0001")
    response = await client.get("/health/ready")
    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    assert "alembic upgrade head" in response.json()["detail"]


async def test_a_database_that_does_not_answer_in_time_is_not_ready(
    committed_client: httpx.AsyncClient, committed_database: Database
) -> None:
    async with committed_database.transaction() as session, asyncio.timeout(READY_DEADLINE_SECONDS):
        await session.execute(text("LOCK TABLE alembic_version"))
        response = await committed_client.get("/health/ready")
    assert response.status_code == 503


async def test_a_newer_migration_is_fine(client: httpx.AsyncClient, database: Database) -> None:
    await set_revision(database, "9999")
    assert (await client.get("/health/ready")).status_code == 200


KNOWN = Revisions(known=frozenset({"0001", "0002", "0003"}), heads=frozenset({"0003"}))


@pytest.mark.parametrize(
    ("applied", "sufficient"),
    [([], False), (["0001"], False), (["0003"], True), (["0004"], True), (["0003", "0004"], True)],
)
def test_what_is_sufficient(applied: list[str], sufficient: bool) -> None:
    assert is_sufficient(applied, KNOWN) is sufficient
