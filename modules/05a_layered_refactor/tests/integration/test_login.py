"""Trading a password for a token."""

import bcrypt
import pytest

from app.core.security import decode_access_token
from app.models import User

PASSWORD = "correct horse"


def ana(**changes: object) -> User:
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    return User(**{"email": "ana@example.com", "hashed_password": hashed, **changes})


@pytest.fixture
async def user(session):
    """Ana has an account."""
    user = ana()
    session.add(user)
    await session.commit()
    return user


@pytest.fixture
def bcrypt_costs(monkeypatch):
    """The rounds of each run of bcrypt, as they happen."""
    costs = []

    def noted(function):
        def run(*args, **named):
            _, salt = *args, *named.values()
            costs.append(int(salt.split(b"$")[2]))
            return function(*args, **named)

        return run

    monkeypatch.setattr(bcrypt, "hashpw", noted(bcrypt.hashpw))
    monkeypatch.setattr(bcrypt, "checkpw", noted(bcrypt.checkpw))
    return costs


async def test_the_right_password_gets_a_token(client, user, settings):
    response = await client.post("/auth/login", data={"username": "ana@example.com", "password": PASSWORD})

    assert response.status_code == 200
    assert response.json()["token_type"] == "bearer"
    assert decode_access_token(response.json()["access_token"], settings) == user.id


async def test_the_email_may_be_typed_in_any_letter_case(client, user):
    response = await client.post("/auth/login", data={"username": "Ana@EXAMPLE.com", "password": PASSWORD})

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("username", "password"),
    [
        pytest.param("ben@example.com", PASSWORD, id="unknown e-mail"),
        pytest.param("ana", PASSWORD, id="no e-mail at all"),
        pytest.param("ana@example.com", "x" * 73, id="password over 72 bytes"),
        pytest.param("ana@example.com", PASSWORD + "\0", id="NUL in the password"),
        pytest.param("ana@example.com\0", PASSWORD, id="NUL in the e-mail"),
    ],
)
async def test_every_wrong_pair_gets_the_same_answer(client, user, username, password):
    wrong = await client.post("/auth/login", data={"username": "ana@example.com", "password": "wrong horse"})
    response = await client.post("/auth/login", data={"username": username, "password": password})

    assert response.status_code == 400
    assert response.json() == wrong.json()


async def test_an_inactive_user_gets_that_answer_too(client, session):
    session.add(ana(is_active=False))
    await session.commit()

    unknown = await client.post("/auth/login", data={"username": "ben@example.com", "password": PASSWORD})
    response = await client.post("/auth/login", data={"username": "ana@example.com", "password": PASSWORD})

    assert response.status_code == 400
    assert response.json() == unknown.json()


@pytest.mark.parametrize(
    ("username", "password"),
    [
        pytest.param("ben@example.com", "wrong horse", id="unknown e-mail"),
        pytest.param("ben", "wrong horse", id="no e-mail at all"),
        pytest.param("ana@example.com", "x" * 73, id="password over 72 bytes"),
        pytest.param("gone@example.com", PASSWORD, id="inactive user"),
    ],
)
async def test_every_wrong_pair_costs_as_much_time_as_a_wrong_password(
    client, user, session, bcrypt_costs, username, password
):
    session.add(ana(email="gone@example.com", is_active=False))
    await session.commit()
    bcrypt_costs.clear()
    await client.post("/auth/login", data={"username": "ana@example.com", "password": "wrong horse"})
    wrong_password = list(bcrypt_costs)
    bcrypt_costs.clear()
    await client.post("/auth/login", data={"username": username, "password": password})

    assert wrong_password == [4]
    assert bcrypt_costs == wrong_password


@pytest.mark.parametrize(
    ("username", "status"),
    [
        pytest.param("ana@example.com", 200, id="the right pair"),
        pytest.param("ben@example.com", 400, id="unknown e-mail"),
    ],
)
async def test_no_connection_is_held_while_the_password_is_checked(
    committing_app, committing_client, engine, monkeypatch, username, status
):
    in_use = []

    def counting(function):
        def run(*args, **named):
            in_use.append(engine.pool.checkedout())
            return function(*args, **named)

        return run

    async with committing_app.state.sessionmaker.begin() as session:
        session.add(ana())
    monkeypatch.setattr(bcrypt, "hashpw", counting(bcrypt.hashpw))
    monkeypatch.setattr(bcrypt, "checkpw", counting(bcrypt.checkpw))
    response = await committing_client.post("/auth/login", data={"username": username, "password": PASSWORD})

    assert response.status_code == status
    assert in_use == [0]


@pytest.mark.parametrize("username", ["ana@example.com", "ben@example.com"])
async def test_nothing_blocks_the_event_loop(client, user, blocking_calls, username):
    response = await client.post("/auth/login", data={"username": username, "password": "wrong horse"})

    assert response.status_code == 400
    assert blocking_calls == []
