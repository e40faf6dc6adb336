"""The sandboxes: what one test writes, the next one never sees."""

import pytest
from sqlalchemy import make_url, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine

from app.models import User
from sandbox import only_a_test_database, rolled_back, truncated


def user(email: str) -> User:
    return User(email=email, hashed_password="x")


async def emails(sessions) -> list[str]:
    async with sessions() as session:
        return list(await session.scalars(select(User.email).order_by(User.email)))


async def test_what_is_committed_in_a_sandbox_is_seen_by_its_other_sessions(engine):
    async with rolled_back(engine) as sessions:
        async with sessions.begin() as session:
            session.add(user("ana@example.com"))

        assert await emails(sessions) == ["ana@example.com"]


async def test_what_is_committed_in_a_sandbox_is_gone_after_it(engine):
    for _ in range(2):
        async with rolled_back(engine) as sessions:
            assert await emails(sessions) == []
            async with sessions.begin() as session:
                session.add(user("ana@example.com"))


async def test_what_is_committed_in_a_sandbox_can_still_be_read_when_its_session_is_closed(engine):
    async with rolled_back(engine) as sessions:
        async with sessions.begin() as session:
            ana = user("ana@example.com")
            session.add(ana)

        assert ana.email == "ana@example.com"


async def test_a_rollback_undoes_its_own_session_and_nothing_that_was_committed_before(engine):
    async with rolled_back(engine) as sessions:
        async with sessions.begin() as session:
            session.add(user("ana@example.com"))
        with pytest.raises(IntegrityError):
            async with sessions.begin() as session:
                session.add_all([user("ben@example.com"), user("ana@example.com")])

        assert await emails(sessions) == ["ana@example.com"]


async def test_a_sandbox_for_races_has_many_connections_and_is_empty_after_it(engine):
    for _ in range(2):
        async with truncated(engine) as sessions:
            assert await emails(sessions) == []
            async with sessions.begin() as one, sessions.begin() as other:
                one.add(user("ana@example.com"))
                other.add(user("ben@example.com"))
                assert await one.connection() is not await other.connection()

            assert await emails(sessions) == ["ana@example.com", "ben@example.com"]


@pytest.mark.parametrize("name", ["notesdb", "test", "a_test_of_mine", ""])
def test_a_database_is_left_alone_unless_its_name_says_that_it_is_for_tests(name):
    engine = create_async_engine(make_url("postgresql+asyncpg://localhost").set(database=name))

    with pytest.raises(RuntimeError, match=f"{name!r} is no test database"):
        only_a_test_database(engine)


async def test_tables_are_never_emptied_in_a_database_that_is_not_for_tests():
    engine = create_async_engine("postgresql+asyncpg://localhost/notesdb")

    with pytest.raises(RuntimeError, match="'notesdb' is no test database"):
        await truncated(engine).__aenter__()
