"""Registration, login, and the tokens that they give."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import pytest
from fastapi import FastAPI
from sqlalchemy import update
from visitors import PASSWORD, Visitor

from app.core.db import Database
from app.core.security import Passwords
from app.core.settings import Settings
from app.models import User


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
    passwords: Passwords = app.state.passwords
    verify = passwords.verify

    async def spy(password: str, hashed: str | None) -> bool:
        costs.append((hashed or passwords.dummy_hash)[:7])
        return await verify(password, hashed)

    monkeypatch.setattr(passwords, "verify", spy)
    for email in (ana.email, "nobody@example.com", "no e-mail at all", "nul\0@example.com"):
        assert (await log_in(client, email, "wrong password")).status_code == 400
    assert costs == ["$2b$04$"] * 4


@pytest.mark.parametrize("password", ["x" * 73, "x" * 1_500_000, "é" * 40, "nul\0nul\0nul"])
async def test_a_password_that_nobody_can_have_is_wrong(client: httpx.AsyncClient, ana: Visitor, password: str) -> None:
    assert (await log_in(client, ana.email, password)).status_code == 400


async def test_a_password_is_compared_in_full(client: httpx.AsyncClient) -> None:
    await register(client, password="x" * 72)
    assert (await log_in(client, "ana@example.com", "x" * 72 + "y")).status_code == 400


async def test_somebody_inactive_can_not_log_in(client: httpx.AsyncClient, ana: Visitor, database: Database) -> None:
    await deactivate(database, ana)
    assert (await log_in(client, ana.email, PASSWORD)).status_code == 400


async def deactivate(database: Database, visitor: Visitor) -> None:
    async with database.transaction() as session:
        await session.execute(update(User).where(User.id == visitor.id).values(is_active=False))


@pytest.mark.parametrize("form", [{}, {"username": "ana@example.com"}, {"password": PASSWORD}])
async def test_login_needs_both_fields(client: httpx.AsyncClient, form: dict[str, str]) -> None:
    response = await client.post("/auth/login", data=form)
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"].startswith("/body/")


async def test_login_is_a_form_and_not_json(client: httpx.AsyncClient, ana: Visitor) -> None:
    response = await client.post("/auth/login", json={"username": ana.email, "password": PASSWORD})
    assert response.status_code == 422


async def test_a_token_says_who_and_until_when_and_nothing_else(client: httpx.AsyncClient, ana: Visitor) -> None:
    claims = jwt.decode(ana.headers["Authorization"].split()[1], options={"verify_signature": False})
    assert claims.keys() == {"sub", "iat", "exp"}
    assert claims["sub"] == str(ana.id)
    assert claims["exp"] - claims["iat"] == 60 * 60


NOW = datetime.now(UTC)
LATER = NOW + timedelta(hours=1)


async def ask(client: httpx.AsyncClient, authorization: str | None) -> httpx.Response:
    headers = {} if authorization is None else {b"Authorization": authorization.encode("latin-1")}
    return await client.get("/users/me", headers=headers)


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Basic YW5hOmFuYQ==", "Bearer é.é.é"]
)
async def test_without_a_token_it_is_a_401_that_says_how(client: httpx.AsyncClient, authorization: str | None) -> None:
    response = await ask(client, authorization)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.headers["content-type"] == "application/problem+json"


BAD_CLAIMS: dict[str, dict[str, Any]] = {
    "expired": {"exp": NOW - timedelta(seconds=1)},
    "without an end": {"exp": None},
    "ends at a word": {"exp": "soon"},
    "ends at infinity": {"exp": float("inf")},
    "without a subject": {"sub": None},
    "of an e-mail": {"sub": "ana@example.com"},
    "of nobody": {"sub": "999999"},
    "of a negative number": {"sub": "-1"},
    "of zero": {"sub": "0"},
    "of a fraction": {"sub": "1.0"},
    "of a number beyond 64 bits": {"sub": "9" * 19},
    "of a number of 5,000 digits": {"sub": "9" * 5000},
    "with a NUL": {"sub": "1\0"},
    "from the future": {"iat": LATER},
}


@pytest.mark.parametrize("claims", BAD_CLAIMS.values(), ids=BAD_CLAIMS)
async def test_a_token_with_bad_claims_is_worth_nothing(
    client: httpx.AsyncClient, settings: Settings, ana: Visitor, claims: dict[str, Any]
) -> None:
    good = {"sub": str(ana.id), "iat": NOW, "exp": LATER}
    bad = {name: value for name, value in (good | claims).items() if value is not None}
    key = settings.jwt_secret.get_secret_value()
    assert (await ask(client, f"Bearer {jwt.encode(good, key)}")).status_code == 200
    response = await ask(client, f"Bearer {jwt.encode(bad, key)}")
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("spelling", [" {}", "{}\n", "+{}", "0{}", "{}.0"])
async def test_an_id_in_another_spelling_is_nobodys(
    client: httpx.AsyncClient, settings: Settings, ana: Visitor, spelling: str
) -> None:
    claims = {"sub": spelling.format(ana.id), "exp": LATER}
    token = jwt.encode(claims, settings.jwt_secret.get_secret_value())
    assert (await ask(client, f"Bearer {token}")).status_code == 401


async def test_a_token_signed_otherwise_is_worth_nothing(
    client: httpx.AsyncClient, settings: Settings, ana: Visitor
) -> None:
    good = {"sub": str(ana.id), "exp": LATER}
    key = settings.jwt_secret.get_secret_value()
    for token in (
        jwt.encode(good, "another key of thirty-two bytes or more"),
        jwt.encode(good, key * 2, algorithm="HS512"),
        jwt.encode(good, "", algorithm="none"),
        jwt.encode(good, key)[:-2],
    ):
        assert (await ask(client, f"Bearer {token}")).status_code == 401


async def test_a_token_that_breaks_the_json_reader_is_worth_nothing(client: httpx.AsyncClient) -> None:
    for header in (b"[" * 20_000, b'{"alg":1' + b"0" * 5000 + b"}", b"\xff", b"null", b'{"alg":["HS256"]}'):
        token = base64.urlsafe_b64encode(header).rstrip(b"=").decode()
        assert (await ask(client, f"Bearer {token}.e30.e30")).status_code == 401


async def test_the_token_of_somebody_inactive_is_worth_nothing(
    client: httpx.AsyncClient, ana: Visitor, database: Database
) -> None:
    await deactivate(database, ana)
    assert (await ask(client, ana.headers["Authorization"])).status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/users/me"),
        ("PATCH", "/users/me"),
        ("POST", "/posts"),
        ("PATCH", "/posts/1"),
        ("DELETE", "/posts/1"),
        ("POST", "/posts/1/comments"),
        ("PATCH", "/comments/1"),
        ("DELETE", "/comments/1"),
    ],
)
async def test_every_protected_route_asks_for_a_token_before_anything_else(
    client: httpx.AsyncClient, method: str, path: str
) -> None:
    response = await client.request(method, path, json={"nonsense": True})
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
