"""Too many wrong passwords."""

import asyncio
from collections import Counter
from ipaddress import ip_network

import httpx
import pytest
from databases import DEADLINE_SECONDS, Database
from fastapi import FastAPI
from sqlalchemy import text
from visitors import PASSWORD, Visitor, arrive, client_of, started

from app.config.settings import Settings
from app.services import users_service

LIMIT = 10
MINUTES = 15
WRONG = "a wrong password"


async def log_in(client: httpx.AsyncClient, email: str, password: str = WRONG, **headers: str) -> httpx.Response:
    return await client.post("/auth/login", data={"username": email, "password": password}, headers=headers)


async def use_up(client: httpx.AsyncClient, email: str) -> None:
    for _ in range(LIMIT):
        assert (await log_in(client, email)).status_code == 400


async def run(database: Database, statement: str) -> int:
    """Run a statement, and return its one number, or how many rows it changed."""
    async with database.transaction() as session:
        result = await session.execute(text(statement))
        number: int = result.scalar_one() if result.returns_rows else result.rowcount  # type: ignore[attr-defined]
        return number


async def let_the_windows_pass(database: Database) -> None:
    await run(database, f"UPDATE login_attempts SET ends_at = ends_at - interval '{MINUTES} minutes'")  # noqa: S608


async def test_after_ten_wrong_passwords_the_right_one_is_refused_too(client: httpx.AsyncClient, ana: Visitor) -> None:
    await use_up(client, ana.email)
    for password in (WRONG, PASSWORD):
        response = await log_in(client, ana.email, password)
        assert response.status_code == 429
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["title"] == "Too Many Requests"
        assert MINUTES * 60 - 60 <= int(response.headers["retry-after"]) <= MINUTES * 60


async def test_ten_are_the_limit_and_nine_are_not(client: httpx.AsyncClient, ana: Visitor) -> None:
    for _ in range(LIMIT - 1):
        assert (await log_in(client, ana.email)).status_code == 400
    assert (await log_in(client, ana.email, PASSWORD)).status_code == 200


async def test_a_right_password_starts_the_count_anew(client: httpx.AsyncClient, ana: Visitor) -> None:
    for _ in range(LIMIT - 1):
        await log_in(client, ana.email)
    assert (await log_in(client, ana.email, PASSWORD)).status_code == 200
    await use_up(client, ana.email)
    assert (await log_in(client, ana.email)).status_code == 429


async def test_an_email_that_nobody_has_is_counted_alike(client: httpx.AsyncClient, ana: Visitor) -> None:
    for email in ("nobody@example.com", "no e-mail at all", "nul\0@example.com", "x" * 100_000):
        await use_up(client, email)
        refused = await log_in(client, email)
        assert refused.status_code == 429
    await use_up(client, ana.email)
    assert (await log_in(client, ana.email)).json() == refused.json()


async def test_a_password_that_nobody_can_have_is_counted(client: httpx.AsyncClient, ana: Visitor) -> None:
    for password in ("x" * 73, "nul\0nul\0nul") * (LIMIT // 2):
        assert (await log_in(client, ana.email, password)).status_code == 400
    assert (await log_in(client, ana.email, PASSWORD)).status_code == 429


async def test_letter_case_is_one_count(client: httpx.AsyncClient, ana: Visitor) -> None:
    for email in (ana.email, ana.email.upper()) * (LIMIT // 2):
        await log_in(client, email)
    assert (await log_in(client, ana.email.title(), PASSWORD)).status_code == 429


async def test_others_are_not_held_up(app: FastAPI, client: httpx.AsyncClient, ana: Visitor, bob: Visitor) -> None:
    await use_up(client, ana.email)
    assert (await log_in(client, bob.email, PASSWORD)).status_code == 200
    elsewhere = httpx.ASGITransport(app, client=("203.0.113.9", 4321))
    async with httpx.AsyncClient(transport=elsewhere, base_url="http://app.test") as other:
        assert (await log_in(other, ana.email, PASSWORD)).status_code == 200
    assert (await log_in(client, ana.email, PASSWORD)).status_code == 429
    assert (await ana.send("GET", "/users/me")).status_code == 200  # who is in stays in


async def test_another_address_can_not_be_made_up(client: httpx.AsyncClient, ana: Visitor) -> None:
    for n in range(LIMIT):
        address = f"198.51.100.{n}"
        await log_in(client, ana.email, **{"X-Forwarded-For": address, "X-Real-IP": address})
    assert (await log_in(client, ana.email, PASSWORD, **{"X-Real-IP": "198.51.100.99"})).status_code == 429


async def test_behind_a_trusted_proxy_each_client_has_its_own_count(
    committed_client: httpx.AsyncClient, settings: Settings
) -> None:
    ana = await arrive(committed_client, "ana")
    proxies = (ip_network("127.0.0.0/8"),)
    async with started(settings, trusted_proxies=proxies) as app, client_of(app) as client:
        for _ in range(LIMIT):
            await log_in(client, ana.email, **{"X-Real-IP": "198.51.100.1"})
        assert (await log_in(client, ana.email, PASSWORD, **{"X-Real-IP": "198.51.100.1"})).status_code == 429
        assert (await log_in(client, ana.email, PASSWORD, **{"X-Real-IP": "198.51.100.2"})).status_code == 200


async def test_when_the_window_has_passed_all_is_as_at_first(
    client: httpx.AsyncClient, ana: Visitor, database: Database
) -> None:
    for password, expected in ((PASSWORD, 200), (WRONG, 400)):
        await use_up(client, ana.email)
        assert (await log_in(client, ana.email, PASSWORD)).status_code == 429
        await let_the_windows_pass(database)
        assert (await log_in(client, ana.email, password)).status_code == expected
    for _ in range(LIMIT - 1):  # the wrong one was the first of a new window
        assert (await log_in(client, ana.email)).status_code == 400
    assert (await log_in(client, ana.email)).status_code == 429


async def test_a_refusal_costs_no_hashing_and_does_not_make_the_window_longer(
    app: FastAPI, client: httpx.AsyncClient, ana: Visitor, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await use_up(client, ana.email)
    ends = await run(database, "SELECT extract(epoch FROM ends_at) FROM login_attempts")

    async def verify_password(plain: str, hashed: str) -> bool:
        raise AssertionError("hashed")

    monkeypatch.setattr(users_service, "verify_password", verify_password)
    assert (await log_in(client, ana.email, PASSWORD)).status_code == 429
    assert await run(database, "SELECT extract(epoch FROM ends_at) FROM login_attempts") == ends


async def test_windows_that_have_passed_are_cleared_away(client: httpx.AsyncClient, database: Database) -> None:
    for n in range(5):
        await log_in(client, f"nobody{n}@example.com")
    assert await run(database, "SELECT count(*) FROM login_attempts") == 5
    await let_the_windows_pass(database)
    await log_in(client, "somebody@example.com")
    assert await run(database, "SELECT count(*) FROM login_attempts") == 1


async def test_of_forty_wrong_passwords_at_once_ten_hear_that_they_are_wrong(
    committed_client: httpx.AsyncClient,
) -> None:
    ana = await arrive(committed_client, "ana")
    answers = await asyncio.gather(*(log_in(committed_client, ana.email) for _ in range(40)))
    assert Counter(answer.status_code for answer in answers) == {400: LIMIT, 429: 40 - LIMIT}
    assert (await log_in(committed_client, ana.email, PASSWORD)).status_code == 429


async def test_a_right_password_that_was_compared_before_and_answered_after_ten_wrong_ones_is_refused(
    app: FastAPI, committed_client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = await arrive(committed_client, "ana")
    verify, compared, go_on = users_service.verify_password, asyncio.Event(), asyncio.Event()

    async def slow(plain: str, hashed: str) -> bool:
        matches = await verify(plain, hashed)
        if matches:
            compared.set()
            await go_on.wait()
        return matches

    monkeypatch.setattr(users_service, "verify_password", slow)
    right = asyncio.create_task(log_in(committed_client, ana.email, PASSWORD))
    async with asyncio.timeout(DEADLINE_SECONDS):
        await compared.wait()
    await use_up(committed_client, ana.email)
    go_on.set()
    assert (await right).status_code == 429


async def test_clearing_away_and_counting_at_once_is_never_an_error(
    committed_client: httpx.AsyncClient, committed_database: Database
) -> None:
    for _ in range(3):
        emails = [f"nobody{n}@example.com" for n in range(8)]
        answers = await asyncio.gather(*(log_in(committed_client, email) for email in emails * 3))
        assert {answer.status_code for answer in answers} == {400}
        await let_the_windows_pass(committed_database)


async def test_the_count_is_the_databases_and_not_a_processes(
    committed_client: httpx.AsyncClient, settings: Settings
) -> None:
    ana = await arrive(committed_client, "ana")
    async with started(settings) as replica, client_of(replica) as other:
        for client in (committed_client, other) * (LIMIT // 2):
            assert (await log_in(client, ana.email)).status_code == 400
        for client in (committed_client, other):
            assert (await log_in(client, ana.email, PASSWORD)).status_code == 429
