"""What the database's errors mean, and what the pool does when the database goes away."""

import asyncio

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.core import db
from app.core.db import is_deadlock, make_engine, violated_constraint
from app.core.settings import Settings
from app.models import Note, User


def user(email: str) -> User:
    return User(email=email, hashed_password="$2b$04$nobody may read this")


async def test_the_constraint_that_refused_a_row_is_known_by_its_name(session):
    session.add_all([user("ana@example.com"), user("ana@example.com")])

    with pytest.raises(IntegrityError) as caught:
        await session.flush()

    assert violated_constraint(caught.value) == "uq_users_email"
    assert not is_deadlock(caught.value)


async def test_a_note_of_nobody_is_refused_by_another_constraint(session):
    session.add(Note(owner_id=1_000_000, title="", content=""))

    with pytest.raises(IntegrityError) as caught:
        await session.flush()

    assert violated_constraint(caught.value) == "fk_notes_owner_id"


@pytest.mark.parametrize("orig", [Exception("no such table"), None])
def test_an_error_that_no_constraint_has_made_has_no_constraints_name(orig):
    error = DBAPIError("SELECT", {}, orig)

    assert violated_constraint(error) is None
    assert not is_deadlock(error)


async def test_an_error_does_not_show_the_row_that_it_is_about(session):
    session.add_all([user("ana@example.com"), user("ana@example.com")])

    with pytest.raises(IntegrityError) as caught:
        await session.flush()

    assert "nobody may read this" not in str(caught.value)


async def test_a_connection_that_the_server_has_ended_is_replaced(settings, engine):
    pool = make_engine(settings)
    async with pool.connect() as connection:
        pid = await connection.scalar(text("SELECT pg_backend_pid()"))
    async with engine.connect() as connection:
        await connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})

    async with pool.connect() as connection:
        assert await connection.scalar(text("SELECT pg_backend_pid()")) != pid
    await pool.dispose()


async def test_a_table_that_is_altered_between_two_requests_is_no_error(empty_settings, empty_engine):
    pool = make_engine(empty_settings)
    async with empty_engine.begin() as altering:
        await altering.execute(text("CREATE TABLE altered (name VARCHAR(10))"))
    for size in (20, 30):
        async with pool.connect() as connection:
            assert (await connection.scalars(text("SELECT name FROM altered"))).all() == []
        async with empty_engine.begin() as altering:
            await altering.execute(text(f"ALTER TABLE altered ALTER name TYPE VARCHAR({size})"))
    await pool.dispose()


async def test_what_other_programs_take_from_the_environment_changes_nothing(settings, monkeypatch):
    for name in ("PGPORT", "PGSSLMODE", "PGUSER", "PGPASSFILE", "PGSERVICE"):
        monkeypatch.setenv(name, "5433")

    pool = make_engine(settings)
    async with pool.connect() as connection:
        assert await connection.scalar(text("SELECT 1")) == 1
    await pool.dispose()


async def test_a_server_that_says_nothing_is_given_up(settings, monkeypatch):
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    monkeypatch.setattr(db, "CONNECT_TIMEOUT_SECONDS", 0.1)
    async with await asyncio.start_server(say_nothing, "127.0.0.1") as server:
        host, port = server.sockets[0].getsockname()
        url = make_url("postgresql://localhost/notes").set(host=host, port=port)
        pool = make_engine(Settings(_env_file=None, database_url=str(url), jwt_secret="x" * 32))
        with pytest.raises(TimeoutError):
            await pool.connect()
        await pool.dispose()
