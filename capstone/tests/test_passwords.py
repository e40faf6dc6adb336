"""A change of the password, and the tokens from before, which end with it."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest
from databases import Database
from fastapi import FastAPI
from forgery import forge
from visitors import PASSWORD, Visitor, arrive

from app.config.settings import Settings
from app.services import accounts_service, users_service

NEW = "a horse of another colour"
PATH = "/users/me/password"


async def change(visitor: Visitor, current: Any = PASSWORD, new: Any = NEW) -> httpx.Response:
    return await visitor.send("PUT", PATH, current_password=current, new_password=new)


async def log_in(client: httpx.AsyncClient, email: str, password: str) -> httpx.Response:
    return await client.post("/auth/login", data={"username": email, "password": password})


async def ask(client: httpx.AsyncClient, token: str) -> int:
    return (await client.get("/users/me", headers={"Authorization": f"Bearer {token}"})).status_code


async def test_a_change_ends_every_token_from_before_and_none_from_after(
    client: httpx.AsyncClient, ana: Visitor, bob: Visitor
) -> None:
    before = (await log_in(client, ana.email, PASSWORD)).json()["access_token"]
    response = await change(ana)
    assert response.status_code == 204
    assert response.content == b""
    assert await ask(client, before) == 401
    assert (await ana.send("GET", "/users/me")).status_code == 401
    assert (await log_in(client, ana.email, PASSWORD)).status_code == 400
    after = await log_in(client, ana.email, NEW)
    assert await ask(client, after.json()["access_token"]) == 200
    assert (await bob.send("GET", "/users/me")).status_code == 200


async def test_a_change_to_the_same_password_ends_the_tokens_too(client: httpx.AsyncClient, ana: Visitor) -> None:
    assert (await change(ana, new=PASSWORD)).status_code == 204
    assert (await ana.send("GET", "/users/me")).status_code == 401
    assert (await log_in(client, ana.email, PASSWORD)).status_code == 200


@pytest.mark.parametrize("current", ["", "wrong password", PASSWORD + " ", "x" * 100_000])
async def test_who_does_not_know_the_current_password_changes_nothing(
    client: httpx.AsyncClient, ana: Visitor, current: str
) -> None:
    response = await change(ana, current=current)
    assert response.status_code == 400
    assert response.json()["detail"] == "The current password is wrong."
    assert (await ana.send("GET", "/users/me")).status_code == 200
    assert (await log_in(client, ana.email, PASSWORD)).status_code == 200


@pytest.mark.parametrize("new", ["", "7 chars", "x" * 73, "é" * 37, "with\0nul.", None, 12345678])
async def test_a_new_password_has_the_limits_of_registration(ana: Visitor, new: Any) -> None:
    response = await change(ana, new=new)
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/body/new_password"
    assert (await ana.send("GET", "/users/me")).status_code == 200


@pytest.mark.parametrize("version", [1, -1, "0", 0.0, False, None, [0], 10**30])
async def test_a_token_of_another_version_is_worth_nothing(
    client: httpx.AsyncClient, settings: Settings, ana: Visitor, version: Any
) -> None:
    token = forge(ana.token, settings.jwt_secret.get_secret_value(), ver=version)
    assert await ask(client, token) == 401
    response = await client.put(
        PATH,
        headers={"Authorization": f"Bearer {token}"},
        json={"current_password": PASSWORD, "new_password": NEW},
    )
    assert response.status_code == 401


async def test_of_five_changes_at_once_one_is_made_and_ends_the_others(committed_client: httpx.AsyncClient) -> None:
    ana = await arrive(committed_client, "ana")
    answers = await asyncio.gather(*(change(ana, new=f"new password {n}") for n in range(5)))
    assert Counter(answer.status_code for answer in answers) == {204: 1, 401: 4}
    made = next(n for n, answer in enumerate(answers) if answer.status_code == 204)
    assert (await log_in(committed_client, ana.email, f"new password {made}")).status_code == 200


async def test_no_change_holds_a_connection_while_it_hashes(
    app: FastAPI, committed_client: httpx.AsyncClient, pool: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = await arrive(committed_client, "ana")
    held = []

    async def hash_password(plain: str, *, rounds: int) -> str:
        held.append(pool.engine.pool.checkedout())  # type: ignore[attr-defined]
        return ""

    async def verify_password(plain: str, hashed: str) -> bool:
        held.append(pool.engine.pool.checkedout())  # type: ignore[attr-defined]
        return True

    monkeypatch.setattr(accounts_service, "hash_password", hash_password)
    monkeypatch.setattr(users_service, "verify_password", verify_password)
    assert (await change(ana)).status_code == 204
    assert held == [0, 0]
