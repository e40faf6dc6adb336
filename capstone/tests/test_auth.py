"""Registration and login."""

import json
from typing import Any

import httpx
import pytest
from databases import Database
from fastapi import FastAPI
from visitors import PASSWORD, Visitor

from app.schemas import auth
from app.services import users_service


async def register(client: httpx.AsyncClient, **fields: Any) -> httpx.Response:
    return await client.post("/auth/register", json={"email": "ana@example.com", "password": PASSWORD} | fields)


async def log_in(client: httpx.AsyncClient, email: str, password: str) -> httpx.Response:
    return await client.post("/auth/login", data={"username": email, "password": password})


async def test_registration_gives_a_token_that_works(client: httpx.AsyncClient) -> None:
    response = await register(client)
    assert response.status_code == 201
    assert response.json()["token_type"] == "bearer"
    me = await client.get("/users/me", headers={"Authorization": f"Bearer {response.json()['access_token']}"})
    assert me.status_code == 200
    assert me.json()["email"] == "ana@example.com"


async def test_an_email_is_taken_in_whatever_letter_case(client: httpx.AsyncClient, ana: Visitor) -> None:
    response = await register(client, email="ANA@Example.COM")
    assert response.status_code == 409
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("one", "other"), [("οσ", "ΟΣ"), ("ος", "ΟΣ"), ("ος", "οσ"), ("strauß", "STRAUSS")])
async def test_letter_case_is_folded_in_every_script(client: httpx.AsyncClient, one: str, other: str) -> None:
    assert (await register(client, email=f"{one}@example.org")).status_code == 201
    assert (await register(client, email=f"{other}@example.org")).status_code == 409
    assert (await log_in(client, f"{other}@example.org", PASSWORD)).status_code == 200


async def test_an_accent_is_folded_wherever_it_stands(client: httpx.AsyncClient) -> None:
    assert (await register(client, email="\u1fb7@example.org")).status_code == 201
    assert (await register(client, email="\u1fbc\u0342@example.org")).status_code == 409


@pytest.mark.parametrize(("letters", "status"), [(80, 201), (90, 422)])
async def test_an_email_may_be_too_long_once_it_is_folded(client: httpx.AsyncClient, letters: int, status: int) -> None:
    email = f"{'ŉ' * letters}@example.org"
    assert (await register(client, email=email)).status_code == status


def test_an_email_that_is_too_long_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "validate_email", lambda *_, **__: pytest.fail("it was read, however long it is"))
    with pytest.raises(ValueError, match="at most 254 characters"):
        auth.normalise_email("a" * 255)


async def test_an_international_domain_is_one_domain_in_both_spellings(client: httpx.AsyncClient) -> None:
    assert (await register(client, email="ana@bücher.example.org")).status_code == 201
    assert (await register(client, email="ana@xn--bcher-kva.example.org")).status_code == 409


@pytest.mark.parametrize(
    "email", ["", "ana", "ana@", "@example.com", "a b@example.com", "ana@example.com\0", "ana@" + "x" * 300 + ".com"]
)
async def test_a_malformed_email_is_refused(client: httpx.AsyncClient, email: str) -> None:
    response = await register(client, email=email)
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/body/email"


@pytest.mark.parametrize("password", ["", "7 chars", "x" * 73, "é" * 37, "with\0nul.", "half \ud800 pair"])
async def test_a_password_that_bcrypt_would_not_hold_is_refused(client: httpx.AsyncClient, password: str) -> None:
    body = json.dumps({"email": "ana@example.com", "password": password})  # in ASCII, for the half pair's sake
    response = await client.post("/auth/register", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/body/password"


@pytest.mark.parametrize("password", ["x" * 8, "x" * 72, "é" * 36])
async def test_a_password_of_8_characters_to_72_bytes_works(client: httpx.AsyncClient, password: str) -> None:
    assert (await register(client, password=password)).status_code == 201
    assert (await log_in(client, "ana@example.com", password)).status_code == 200


async def test_a_display_name_starts_as_the_email_before_the_at_sign_as_it_was_written(
    client: httpx.AsyncClient,
) -> None:
    response = await register(client, email="Ana.Maria@Example.com")
    me = await client.get("/users/me", headers={"Authorization": f"Bearer {response.json()['access_token']}"})
    assert me.json()["display_name"] == "Ana.Maria"
    assert me.json()["email"] == "ana.maria@example.com"


async def test_a_long_local_part_is_cut_to_a_display_name(client: httpx.AsyncClient) -> None:
    response = await register(client, email="x" * 100 + "@example.com")
    me = await client.get("/users/me", headers={"Authorization": f"Bearer {response.json()['access_token']}"})
    assert me.json()["display_name"] == "x" * 80


async def test_login_knows_no_letter_case(client: httpx.AsyncClient, ana: Visitor) -> None:
    response = await log_in(client, "Ana@EXAMPLE.com", PASSWORD)
    assert response.status_code == 200
    assert response.json()["token_type"] == "bearer"


async def test_an_unknown_email_gets_the_same_answer_as_a_wrong_password(
    client: httpx.AsyncClient, ana: Visitor
) -> None:
    wrong = await log_in(client, ana.email, "wrong password")
    unknown = await log_in(client, "nobody@example.com", "wrong password")
    assert wrong.status_code == unknown.status_code == 400
    assert wrong.json() == unknown.json()


async def test_an_unknown_email_costs_as_much_hashing_as_a_known_one(
    app: FastAPI, client: httpx.AsyncClient, ana: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    costs = []

    async def hash_password(plain: str, *, rounds: int) -> str:
        costs.append(rounds)
        return ""

    async def verify_password(plain: str, hashed: str) -> bool:
        costs.append(int(hashed[4:6]))
        return False

    monkeypatch.setattr(users_service, "hash_password", hash_password)
    monkeypatch.setattr(users_service, "verify_password", verify_password)
    for email in (ana.email, "nobody@example.com", "no e-mail at all", "nul\0@example.com"):
        assert (await log_in(client, email, "wrong password")).status_code == 400
    assert costs == [4] * 4


@pytest.mark.parametrize("password", ["x" * 73, "x" * 100_000, "é" * 40, "nul\0nul\0nul"])
async def test_a_password_that_nobody_can_have_is_wrong(client: httpx.AsyncClient, ana: Visitor, password: str) -> None:
    assert (await log_in(client, ana.email, password)).status_code == 400


async def test_a_password_is_compared_in_full(client: httpx.AsyncClient) -> None:
    await register(client, password="x" * 72)
    assert (await log_in(client, "ana@example.com", "x" * 72 + "y")).status_code == 400


async def test_somebody_inactive_can_not_log_in(client: httpx.AsyncClient, ana: Visitor, database: Database) -> None:
    await ana.deactivate(database)
    assert (await log_in(client, ana.email, PASSWORD)).status_code == 400


@pytest.mark.parametrize("form", [{}, {"username": "ana@example.com"}, {"password": PASSWORD}])
async def test_login_needs_both_fields(client: httpx.AsyncClient, form: dict[str, str]) -> None:
    response = await client.post("/auth/login", data=form)
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"].startswith("/body/")


async def test_login_is_a_form_and_not_json(client: httpx.AsyncClient, ana: Visitor) -> None:
    response = await client.post("/auth/login", json={"username": ana.email, "password": PASSWORD})
    assert response.status_code == 422
