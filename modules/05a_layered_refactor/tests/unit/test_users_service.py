"""Users, without HTTP: registering, logging in, and being known again."""

import bcrypt
import pytest
from anyio import create_task_group
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from app.core.errors import Conflict, InvalidToken, WrongCredentials
from app.models import User
from app.services import users_service as service

ANA = {"email": "ana@example.com", "password": "correct horse", "rounds": 4}


@pytest.fixture
async def ana(sessions) -> User:
    """Ana has registered."""
    async with sessions.begin() as session:
        return await service.register(session, **ANA)


async def test_registering_stores_the_passwords_hash_alone(session):
    user = await service.register(session, **ANA)

    assert user.id is not None
    assert user.is_active
    assert bcrypt.checkpw(b"correct horse", user.hashed_password.encode())


async def test_a_taken_email_is_a_conflict_and_the_transaction_goes_on(session):
    await service.register(session, **ANA)
    with pytest.raises(Conflict, match="This e-mail is already registered"):
        await service.register(session, **ANA)

    assert await session.scalar(select(func.count()).select_from(User)) == 1


async def test_registering_leaves_the_commit_to_its_caller(session):
    await service.register(session, **ANA)
    await session.rollback()

    assert await session.scalar(select(func.count()).select_from(User)) == 0


async def test_an_email_that_is_just_being_taken_is_a_conflict_and_the_transaction_goes_on(
    committing_sessions, somebody_waits
):
    async def take_it_too() -> None:
        async with committing_sessions.begin() as session:
            with pytest.raises(Conflict):
                await service.register(session, **ANA)
            await service.register(session, **ANA | {"email": "ben@example.com"})

    async with create_task_group() as tasks, committing_sessions.begin() as session:
        await service.register(session, **ANA)
        tasks.start_soon(take_it_too)
        await somebody_waits()

    async with committing_sessions() as session:
        assert await session.scalar(select(func.count()).select_from(User)) == 2


async def test_another_rule_of_the_database_is_no_taken_email(session):
    await session.execute(text("ALTER TABLE users ADD CONSTRAINT ck_users_no_ana CHECK (email NOT LIKE 'ana%')"))

    with pytest.raises(IntegrityError, match="ck_users_no_ana"):
        await service.register(session, **ANA)


async def test_registering_takes_no_connection_before_the_password_is_hashed(committing_sessions, engine, monkeypatch):
    hashpw = bcrypt.hashpw
    in_use = []

    def counting(*args, **named):
        in_use.append(engine.pool.checkedout())
        return hashpw(*args, **named)

    monkeypatch.setattr(bcrypt, "hashpw", counting)
    async with committing_sessions() as session:
        await service.register(session, **ANA)

    assert in_use == [0]


async def test_the_right_pair_finds_the_user_in_whatever_letter_case(sessions, ana):
    user = await service.log_in(sessions, **ANA | {"email": "ANA@Example.com"})

    assert user.id == ana.id


@pytest.mark.parametrize(
    "wrong", [{"password": "wrong horse"}, {"email": "ben@example.com"}, {"password": "x" * 73}, {"email": "ana"}]
)
async def test_any_wrong_pair_is_the_same_error(sessions, ana, wrong):
    with pytest.raises(WrongCredentials, match="Wrong e-mail or password"):
        await service.log_in(sessions, **ANA | wrong)


async def test_an_inactive_user_is_a_wrong_pair(sessions, ana):
    async with sessions.begin() as session:
        (await session.get(User, ana.id)).is_active = False

    with pytest.raises(WrongCredentials):
        await service.log_in(sessions, **ANA)


async def test_a_user_is_known_by_their_id(session, ana):
    user = await service.find_active(session, user_id=ana.id)

    assert user.email == "ana@example.com"


@pytest.mark.parametrize("user_id", [None, 0, 2**62])
async def test_an_id_of_nobody_is_an_invalid_token(session, user_id):
    with pytest.raises(InvalidToken, match="Invalid or expired token"):
        await service.find_active(session, user_id=user_id)


async def test_an_inactive_user_is_an_invalid_token(session):
    user = await service.register(session, **ANA)
    user.is_active = False

    with pytest.raises(InvalidToken):
        await service.find_active(session, user_id=user.id)
