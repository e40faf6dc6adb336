"""Step 4.7c: knowing the caller again."""

import pytest

from core.auth import create_access_token
from models import User
from routers.auth import CurrentUser


@pytest.fixture
async def user(session):
    """Ana has an account."""
    user = User(email="ana@example.com", hashed_password="x")
    session.add(user)
    await session.commit()
    return user


@pytest.fixture
def who_am_i(app, client):
    """Asks the app who it takes the bearer of a token for."""

    @app.get("/probe")
    async def probe(user: CurrentUser) -> str:
        return user.email

    return lambda token: client.get("/probe", headers={"Authorization": f"Bearer {token}"})


async def test_a_token_is_enough_to_be_known(user, settings, who_am_i):
    response = await who_am_i(create_access_token(user.id, settings))

    assert response.status_code == 200
    assert response.json() == "ana@example.com"


async def test_a_bad_token_is_a_401_that_says_what_to_bring(who_am_i):
    response = await who_am_i("not.a.token")

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_the_token_of_a_user_who_is_gone_is_a_401(user, session, settings, who_am_i):
    token = create_access_token(user.id, settings)
    await session.delete(user)
    await session.commit()

    response = await who_am_i(token)

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_the_token_of_a_user_who_is_inactive_is_a_401(user, session, settings, who_am_i):
    user.is_active = False
    await session.commit()

    response = await who_am_i(create_access_token(user.id, settings))

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
