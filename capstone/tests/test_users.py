"""Profiles over HTTP."""

import httpx
import pytest
from databases import Database
from sqlalchemy import delete
from visitors import Visitor

from app.errors import InvalidToken
from app.models import User
from app.security.tokens import Bearer
from app.services import users_service


async def test_you_see_your_own_email(ana: Visitor) -> None:
    response = await ana.send("GET", "/users/me")
    assert response.status_code == 200
    assert response.json().keys() >= {"id", "email", "display_name", "created_at"}
    assert response.json()["email"] == "ana@example.com"
    assert response.json()["display_name"] == "ana"


@pytest.mark.parametrize("name", ["A", "Ana María 😀", "x" * 80])
async def test_you_may_choose_another_name(client: httpx.AsyncClient, ana: Visitor, name: str) -> None:
    response = await ana.send("PATCH", "/users/me", display_name=name)
    assert response.status_code == 200
    assert response.json()["display_name"] == name
    assert (await client.get(f"/users/{ana.id}")).json()["display_name"] == name


async def test_a_new_name_stands_under_what_was_written_before(client: httpx.AsyncClient, ana: Visitor) -> None:
    post = await ana.write()
    await ana.send("PATCH", "/users/me", display_name="Ana María")
    assert (await client.get(f"/posts/{post}")).json()["author"]["display_name"] == "Ana María"


async def test_a_profile_is_public_and_holds_no_email(client: httpx.AsyncClient, ana: Visitor, bob: Visitor) -> None:
    for visitor in (ana, ana, bob):
        await visitor.write()
    profile = (await client.get(f"/users/{ana.id}")).json()
    assert profile.keys() >= {"id", "display_name", "created_at", "post_count"}
    assert not profile.keys() & {"email", "hashed_password"}
    assert profile["post_count"] == 2
    page = await client.get("/users")
    assert [item["id"] for item in page.json()["items"]] == [bob.id, ana.id]
    assert page.json()["items"][1] == profile
    assert page.json()["items"][0]["post_count"] == 1
    assert "@" not in page.text


async def test_nobody_has_no_profile(client: httpx.AsyncClient) -> None:
    assert (await client.get("/users/999999")).status_code == 404


async def test_an_account_that_is_deleted_meanwhile_can_not_be_renamed(database: Database, ana: Visitor) -> None:
    async with database.transaction() as session:
        user = await users_service.find_active(database.writer, bearer=Bearer(ana.id, 0))
        await session.execute(delete(User).where(User.id == ana.id), execution_options={"synchronize_session": False})
        with pytest.raises(InvalidToken):
            await users_service.change_user(session, user=user, display_name="Ghost")
