"""Another password: it ends every token from before, on every worker and replica."""

import asyncio
from itertools import pairwise

import httpx
import pytest
from conftest import Newcomer, Refused
from profiles import Profile
from targets import Target
from visitor import PASSWORD, Visitor, new_email

pytestmark = pytest.mark.stages("06")

PATH = "/users/me/password"
NEW_PASSWORD = "a horse of another colour"


async def change(visitor: Visitor, current: str = PASSWORD, new: str = NEW_PASSWORD) -> httpx.Response:
    return await visitor.put(PATH, json={"current_password": current, "new_password": new})


async def logged_in(visitor: Visitor, password: str) -> Visitor:
    """The same person, with the token of a new login."""
    response = await visitor.login(visitor.email, password)
    assert response.status_code == 200, response.text
    return visitor.with_token(response.json()["access_token"])


async def test_a_change_is_a_204_and_the_new_password_logs_in(newcomer: Newcomer, refused: Refused) -> None:
    visitor = await newcomer()
    response = await change(visitor)
    assert response.status_code == 204
    assert response.content == b""
    assert (await visitor.login(visitor.email, NEW_PASSWORD)).status_code == 200
    refused(await visitor.login(visitor.email, PASSWORD), 400)


@pytest.mark.wire
async def test_a_change_ends_every_token_from_before_and_none_from_after(newcomer: Newcomer, refused: Refused) -> None:
    """Also within one second, which is as fine as a token's own times are."""
    visitor = await newcomer()
    passwords = [PASSWORD, NEW_PASSWORD, PASSWORD]
    for current, new in pairwise(passwords):
        older = [visitor, await logged_in(visitor, current)]
        assert (await change(visitor, current, new)).status_code == 204
        for each in older:
            response = await each.get("/users/me")
            refused(response, 401)
            assert response.headers["www-authenticate"].startswith("Bearer")
        visitor = await logged_in(visitor, new)
        assert (await visitor.get("/users/me")).status_code == 200


async def test_a_change_ends_nobody_elses_tokens(newcomer: Newcomer, ben: Visitor) -> None:
    assert (await change(await newcomer())).status_code == 204
    assert (await ben.get("/users/me")).status_code == 200


@pytest.mark.wire
@pytest.mark.own_server
async def test_a_token_ends_on_every_worker_and_replica(
    newcomer: Newcomer, replica: Target, profile: Profile, refused: Refused
) -> None:
    visitor = await newcomer()
    async with replica.client() as http:
        elsewhere = Visitor(http, profile, visitor.token)
        assert (await elsewhere.get("/users/me")).status_code == 200
        assert (await change(visitor)).status_code == 204
        refused(await elsewhere.get("/users/me"), 401)


@pytest.mark.parametrize("current", ["", "not the one", PASSWORD.upper(), f"{PASSWORD} ", PASSWORD + "x" * 100])
async def test_a_wrong_current_password_is_a_400_and_changes_nothing(
    newcomer: Newcomer, refused: Refused, current: str
) -> None:
    visitor = await newcomer()
    refused(await change(visitor, current), 400)
    assert (await visitor.get("/users/me")).status_code == 200
    assert (await visitor.login(visitor.email, PASSWORD)).status_code == 200


@pytest.mark.parametrize(
    "new",
    ["", "1234567", "🔑" * 7, "x" * 73, "é" * 37, "with a \0 inside"],
    ids=lambda new: f"{len(new)} characters, {len(new.encode())} bytes",
)
async def test_a_new_password_outside_the_limits_of_registration_is_a_422_and_changes_nothing(
    newcomer: Newcomer, refused: Refused, new: str
) -> None:
    visitor = await newcomer()
    refused(await change(visitor, new=new), 422, field="new_password")
    assert (await visitor.get("/users/me")).status_code == 200
    assert (await visitor.login(visitor.email, PASSWORD)).status_code == 200


@pytest.mark.parametrize("new", ["12345678", "🔑" * 8, "x" * 72, "é" * 36], ids=lambda new: f"{len(new)} characters")
async def test_a_new_password_within_the_limits_is_taken_as_sent(newcomer: Newcomer, new: str) -> None:
    visitor = await newcomer(new_email())
    assert (await change(visitor, new=new)).status_code == 204
    assert (await visitor.login(visitor.email, new)).status_code == 200
    assert (await visitor.login(visitor.email, new[:-1] + "?")).status_code == 400


@pytest.mark.wire
async def test_of_simultaneous_changes_one_is_made(newcomer: Newcomer) -> None:
    visitor = await newcomer()
    offered = [f"new password {number}" for number in range(5)]
    answers = await asyncio.gather(*(change(visitor, new=new) for new in offered))
    assert {answer.status_code for answer in answers} <= {204, 400, 401}
    made = [new for new, answer in zip(offered, answers, strict=True) if answer.status_code == 204]
    assert len(made) == 1
    logins = [await visitor.login(visitor.email, new) for new in offered]
    assert [new for new, login in zip(offered, logins, strict=True) if login.status_code == 200] == made
