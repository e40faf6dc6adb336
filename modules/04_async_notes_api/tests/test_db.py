"""Steps 4.3: sessions, and what the database says."""

import httpx
import pytest
from conftest import run_on
from fastapi import FastAPI, HTTPException
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import async_sessionmaker

from core.db import SessionDep, make_engine, violated_constraint
from models import Note, User


def user(email: str) -> User:
    return User(email=email, hashed_password="x")


@pytest.fixture
def small_app(sessionmaker):
    """An app that is nothing but its sessions."""
    app = FastAPI()
    app.state.sessionmaker = sessionmaker
    return app


async def get(app, path: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return await client.get(path)


async def test_what_a_request_commits_is_there_for_the_next_one(small_app, session):
    @small_app.get("/probe")
    async def probe(session: SessionDep) -> None:
        session.add(user("ana@example.com"))
        await session.commit()

    response = await get(small_app, "/probe")

    assert response.status_code == 200
    assert list(await session.scalars(select(User.email))) == ["ana@example.com"]


async def test_what_a_request_does_not_commit_is_rolled_back(small_app, session):
    @small_app.get("/probe")
    async def probe(session: SessionDep) -> None:
        session.add(user("ana@example.com"))
        await session.flush()

    response = await get(small_app, "/probe")

    assert response.status_code == 200
    assert list(await session.scalars(select(User.email))) == []


async def test_a_request_gives_its_connection_back_before_the_answer_is_sent(engine):
    app = FastAPI()
    app.state.sessionmaker = async_sessionmaker(engine)
    in_use_while_sending = []

    @app.get("/probe")
    async def probe(session: SessionDep) -> None:
        await session.scalars(select(User))

    async def count_while_sending(scope, receive, send):
        async def count(message):
            in_use_while_sending.append(engine.pool.checkedout())
            await send(message)

        await app(scope, receive, count)

    response = await get(count_while_sending, "/probe")

    assert response.status_code == 200
    assert set(in_use_while_sending) == {0}


async def test_a_request_that_fails_gives_its_connection_back_too(engine):
    app = FastAPI()
    app.state.sessionmaker = async_sessionmaker(engine)
    sessions = []  # kept here, so that none is given back by the garbage collector

    @app.get("/probe")
    async def probe(session: SessionDep) -> None:
        sessions.append(session)
        await session.scalars(select(User))
        raise HTTPException(404)

    response = await get(app, "/probe")

    still_in_use = engine.pool.checkedout()
    for session in sessions:
        await session.close()
    assert response.status_code == 404
    assert still_in_use == 0


async def test_a_statement_still_works_after_a_column_has_changed(
    settings, committing_app, committing_client, new_user
):
    engine = make_engine(settings)  # with one connection, which is used again
    committing_app.state.sessionmaker = async_sessionmaker(engine, expire_on_commit=False)
    _, header = await new_user(committing_app.state.sessionmaker, "ana@example.com")
    before = await committing_client.get("/notes", headers=header)
    await run_on(settings, "ALTER TABLE notes ALTER COLUMN title TYPE varchar(250)")
    try:
        after = await committing_client.get("/notes", headers=header)
    finally:
        await run_on(settings, "ALTER TABLE notes ALTER COLUMN title TYPE varchar(200)")
        await engine.dispose()

    assert before.status_code == 200
    assert after.status_code == 200


async def test_the_constraint_that_refused_a_row_is_known_by_its_name(session):
    session.add_all([user("ana@example.com"), user("ana@example.com")])

    with pytest.raises(IntegrityError) as caught:
        await session.flush()

    assert violated_constraint(caught.value) == "uq_users_email"


async def test_a_note_of_nobody_is_refused_by_another_constraint(session):
    session.add(Note(owner_id=1_000_000, title="", content=""))

    with pytest.raises(IntegrityError) as caught:
        await session.flush()

    assert violated_constraint(caught.value) == "fk_notes_owner_id"


def test_an_error_without_a_constraint_has_no_name():
    assert violated_constraint(IntegrityError("INSERT", {}, Exception("of another driver"))) is None
    assert violated_constraint(IntegrityError("INSERT", {}, None)) is None
