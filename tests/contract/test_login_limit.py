"""Ten wrong passwords for one e-mail from one client address, and then none for a while, not even the right one.

At a mere address nobody's e-mail is used up where it can be: an account that is held up can't be deleted meanwhile, so
what takes one is asked of servers of the suite's own.
"""

import asyncio
from collections import Counter

import httpx
import pytest
from conftest import Newcomer, Refused
from profiles import Profile
from targets import Target
from visitor import PASSWORD, Visitor, new_email

pytestmark = pytest.mark.stages("06")

LIMIT = 10
WINDOW_SECONDS = 15 * 60
WRONG = "a wrong password"


async def use_up(visitor: Visitor, email: str) -> None:
    for _ in range(LIMIT):
        assert (await visitor.login(email, WRONG)).status_code == 400


def check_429(response: httpx.Response, refused: Refused) -> None:
    refused(response, 429)
    assert 0 < int(response.headers["retry-after"]) <= WINDOW_SECONDS


@pytest.mark.wire
async def test_after_ten_wrong_passwords_there_is_a_429(nobody: Visitor, refused: Refused) -> None:
    email = new_email()
    await use_up(nobody, email)
    for password in (PASSWORD, WRONG, PASSWORD):
        check_429(await nobody.login(email, password), refused)


@pytest.mark.own_server
@pytest.mark.wire
async def test_after_ten_wrong_passwords_the_right_one_is_a_429_too(
    nobody: Visitor, newcomer: Newcomer, refused: Refused
) -> None:
    visitor = await newcomer()
    await use_up(nobody, visitor.email)
    for password in (PASSWORD, WRONG, PASSWORD):
        check_429(await nobody.login(visitor.email, password), refused)


async def test_nine_wrong_passwords_are_not_too_many_and_a_right_one_starts_the_count_anew(
    nobody: Visitor, newcomer: Newcomer
) -> None:
    visitor = await newcomer()
    for _ in range(2):
        for _ in range(LIMIT - 1):
            assert (await nobody.login(visitor.email, WRONG)).status_code == 400
        assert (await nobody.login(visitor.email, PASSWORD)).status_code == 200


@pytest.mark.own_server
async def test_an_email_that_nobody_has_is_treated_alike(nobody: Visitor, newcomer: Newcomer, refused: Refused) -> None:
    visitor, unknown = await newcomer(), new_email()
    for email in (visitor.email, unknown):
        await use_up(nobody, email)
    answers = [await nobody.login(email, PASSWORD) for email in (visitor.email, unknown)]
    for answer in answers:
        check_429(answer, refused)
    assert answers[0].json() == answers[1].json()


async def test_letter_case_is_one_email(nobody: Visitor, refused: Refused) -> None:
    email = new_email()
    for written in (email, email.upper()) * (LIMIT // 2):
        assert (await nobody.login(written, WRONG)).status_code == 400
    check_429(await nobody.login(email.title(), PASSWORD), refused)


@pytest.mark.own_server
@pytest.mark.parametrize("password", ["x" * 73, "é" * 5_000], ids=["73 bytes", "10,000 bytes"])
async def test_a_password_that_is_too_long_is_a_wrong_one(
    nobody: Visitor, newcomer: Newcomer, refused: Refused, password: str
) -> None:
    visitor = await newcomer()
    for _ in range(LIMIT):
        assert (await nobody.login(visitor.email, password)).status_code == 400
    check_429(await nobody.login(visitor.email, PASSWORD), refused)


@pytest.mark.own_server
async def test_nobody_else_is_held_up_and_who_is_in_stays_in(nobody: Visitor, newcomer: Newcomer) -> None:
    visitor, other = await newcomer(), await newcomer()
    await use_up(nobody, visitor.email)
    assert (await nobody.login(other.email, PASSWORD)).status_code == 200
    assert (await visitor.get("/users/me")).status_code == 200


@pytest.mark.wire
@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "CF-Connecting-IP"])
async def test_a_client_cannot_make_up_another_address(nobody: Visitor, refused: Refused, header: str) -> None:
    email = new_email()
    for number in range(LIMIT + 1):
        address = f"203.0.113.{number}"
        last = await nobody.post(
            "/auth/login",
            data={"username": email, "password": WRONG},
            headers={header: f"for={address}" if header == "Forwarded" else address},
        )
    check_429(last, refused)


@pytest.mark.wire
async def test_of_many_wrong_passwords_at_once_ten_are_told_that_they_are_wrong(
    nobody: Visitor, target: Target, profile: Profile
) -> None:
    email = new_email()

    async def login() -> httpx.Response:
        async with target.client() as http:  # a connection of its own, which may lead to any worker
            return await Visitor(http, profile).login(email, WRONG)

    answers = await asyncio.gather(*(login() for _ in range(2 * LIMIT)))
    assert Counter(answer.status_code for answer in answers) == {400: LIMIT, 429: LIMIT}
    assert (await nobody.login(email, PASSWORD)).status_code == 429


@pytest.mark.wire
async def test_right_passwords_are_never_too_many(newcomer: Newcomer) -> None:
    visitor = await newcomer()
    answers = await asyncio.gather(*(visitor.login(visitor.email, PASSWORD) for _ in range(2 * LIMIT)))
    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.wire
@pytest.mark.own_server
async def test_the_count_is_one_for_all_workers_and_replicas(
    nobody: Visitor, newcomer: Newcomer, replica: Target, profile: Profile, refused: Refused
) -> None:
    visitor = await newcomer()
    async with replica.client() as http:
        places = (nobody, Visitor(http, profile))
        for place in places * (LIMIT // 2):
            assert (await place.login(visitor.email, WRONG)).status_code == 400
        for place in places:
            check_429(await place.login(visitor.email, PASSWORD), refused)
