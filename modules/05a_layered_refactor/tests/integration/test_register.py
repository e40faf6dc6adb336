"""Making an account."""

import bcrypt
import httpx
import pytest
from anyio import create_task_group
from sqlalchemy import select, text

from app.core.security import decode_access_token, verify_password
from app.models import User

ANA = {"email": "ana@example.com", "password": "correct horse"}


async def test_a_new_user_gets_a_token_that_speaks_for_them(client, session, settings):
    response = await client.post("/auth/register", json=ANA)

    assert response.status_code == 201
    assert response.json()["token_type"] == "bearer"
    users = list(await session.scalars(select(User)))
    assert [user.email for user in users] == ["ana@example.com"]
    assert decode_access_token(response.json()["access_token"], settings) == users[0].id


async def test_the_password_is_stored_as_its_hash_alone(client, session):
    await client.post("/auth/register", json=ANA)

    users = list(await session.scalars(select(User)))
    assert len(users) == 1
    user = users[0]
    assert user.hashed_password != "correct horse"
    assert await verify_password("correct horse", user.hashed_password)


async def test_the_hash_has_the_rounds_of_the_settings(client, session, settings):
    await client.post("/auth/register", json=ANA)

    users = list(await session.scalars(select(User)))
    assert [user.hashed_password[:7] for user in users] == [f"$2b${settings.bcrypt_rounds:02}$"]


@pytest.mark.parametrize("email", ["ana@example.com", "Ana@Example.com", "ANA@EXAMPLE.COM"])
async def test_a_taken_email_is_a_409_in_whatever_letter_case(client, email):
    await client.post("/auth/register", json=ANA)

    response = await client.post("/auth/register", json={**ANA, "email": email})

    assert response.status_code == 409


async def test_of_10_equal_registrations_at_once_one_succeeds_and_nine_are_conflicts(committing_client):
    statuses = []

    async def register():
        response = await committing_client.post("/auth/register", json=ANA)
        statuses.append(response.status_code)

    async with create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(register)

    assert sorted(statuses) == [201] + [409] * 9


async def test_a_row_that_is_refused_for_another_reason_is_no_conflict(app, client, session):
    await session.execute(text("ALTER TABLE users ADD CONSTRAINT no_robots CHECK (email NOT LIKE 'robot%')"))
    await session.commit()  # into the transaction of the test, which is rolled back
    person = await client.post("/auth/register", json=ANA)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        robot = await client.post("/auth/register", json={**ANA, "email": "robot@example.com"})

    assert person.status_code == 201
    assert robot.status_code == 500


async def test_nothing_blocks_the_event_loop(client, blocking_calls):
    response = await client.post("/auth/register", json=ANA)

    assert response.status_code == 201
    assert blocking_calls == []


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"email": "not an email"}, id="no e-mail"),
        pytest.param({"email": None}, id="null"),
        pytest.param({"password": "7 chars"}, id="7 characters"),
        pytest.param({"password": "x" * 73}, id="73 bytes"),
        pytest.param({"password": "\U0001f600" * 19}, id="19 emoji"),
        pytest.param({"password": "with a \0 in it"}, id="NUL"),
        pytest.param({"password": 12345678}, id="a number"),
        pytest.param({"admin": True}, id="an unknown field"),
    ],
)
async def test_a_registration_that_breaks_a_rule_is_a_422(client, changes):
    response = await client.post("/auth/register", json={**ANA, **changes})

    assert response.status_code == 422


async def test_no_connection_is_held_while_the_password_is_hashed(committing_client, engine, monkeypatch):
    hashpw = bcrypt.hashpw
    in_use = []

    def counting(*args, **named):
        in_use.append(engine.pool.checkedout())
        return hashpw(*args, **named)

    monkeypatch.setattr(bcrypt, "hashpw", counting)
    response = await committing_client.post("/auth/register", json=ANA)

    assert response.status_code == 201
    assert in_use == [0]
