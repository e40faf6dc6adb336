"""Access tokens: what they hold, and which are worth nothing."""

import base64
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from databases import Database
from forgery import claims_of, forge, header_of
from visitors import Visitor

from app.config.settings import Settings


async def test_a_token_says_who_until_when_from_whom_and_for_whom_and_nothing_else(ana: Visitor) -> None:
    claims = claims_of(ana.token)
    assert claims.keys() == {"iss", "aud", "sub", "ver", "iat", "exp"}
    assert claims["sub"] == str(ana.id)
    assert claims["exp"] - claims["iat"] == 60 * 60
    assert (claims["iss"], claims["aud"]) == ("blog", "blog")


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
    "expired": {"exp": NOW - timedelta(seconds=11)},
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
    "from nobody": {"iss": None},
    "from somebody else": {"iss": "another-app"},
    "for nobody": {"aud": None},
    "for somebody else": {"aud": "another-app"},
    "for others too": {"aud": ["blog", "another-app"]},
    "without a version": {"ver": None},
}


@pytest.mark.parametrize("claims", BAD_CLAIMS.values(), ids=BAD_CLAIMS)
async def test_a_token_with_bad_claims_is_worth_nothing(
    client: httpx.AsyncClient, settings: Settings, ana: Visitor, claims: dict[str, Any]
) -> None:
    key = settings.jwt_secret.get_secret_value()
    assert (await ask(client, f"Bearer {forge(ana.token, key)}")).status_code == 200
    response = await ask(client, f"Bearer {forge(ana.token, key, **claims)}")
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(("claim", "seconds"), [("exp", -2), ("iat", 8)])
async def test_a_clock_that_differs_by_some_seconds_does_no_harm(
    client: httpx.AsyncClient, settings: Settings, ana: Visitor, claim: str, seconds: int
) -> None:
    there = datetime.now(UTC) + timedelta(seconds=seconds)
    token = forge(ana.token, settings.jwt_secret.get_secret_value(), **{claim: there})
    assert (await ask(client, f"Bearer {token}")).status_code == 200


@pytest.mark.parametrize("more", ["=", "==", "!", "A", "."])
async def test_a_token_with_more_behind_it_is_worth_nothing(client: httpx.AsyncClient, ana: Visitor, more: str) -> None:
    for token in (ana.token + more, ana.token[:-1] + more + ana.token[-1]):
        assert (await ask(client, f"Bearer {token}")).status_code == 401


async def test_of_the_spellings_of_one_signature_only_the_issued_one_is_worth_something(
    client: httpx.AsyncClient, ana: Visitor
) -> None:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    others = [ana.token[:-1] + last for last in alphabet if last != ana.token[-1]]
    assert {(await ask(client, f"Bearer {token}")).status_code for token in others} == {401}


@pytest.mark.parametrize("spelling", [" {}", "{}\n", "+{}", "0{}", "{}.0"])
async def test_an_id_in_another_spelling_is_nobodys(
    client: httpx.AsyncClient, settings: Settings, ana: Visitor, spelling: str
) -> None:
    token = forge(ana.token, settings.jwt_secret.get_secret_value(), sub=spelling.format(ana.id))
    assert (await ask(client, f"Bearer {token}")).status_code == 401


async def test_a_token_signed_otherwise_is_worth_nothing(
    client: httpx.AsyncClient, settings: Settings, ana: Visitor
) -> None:
    key = settings.jwt_secret.get_secret_value()
    for token in (
        forge(ana.token, "another key of thirty-two bytes or more"),
        forge(ana.token, key * 2, algorithm="HS512"),
        forge(ana.token, "", algorithm="none"),
        forge(ana.token, header_of(ana.token)["kid"] * 2),
        forge(ana.token, key)[:-2],
    ):
        assert (await ask(client, f"Bearer {token}")).status_code == 401


@pytest.mark.parametrize("header", [{}, {"kid": "another"}, {"kid": ""}])
async def test_a_key_id_that_is_not_ours_chooses_no_other_key(
    client: httpx.AsyncClient, settings: Settings, ana: Visitor, header: dict[str, Any]
) -> None:
    token = forge(ana.token, settings.jwt_secret.get_secret_value(), header=header)
    assert (await ask(client, f"Bearer {token}")).status_code in (200, 401)  # no kid of ours: both are safe
    token = forge(ana.token, "another key of thirty-two bytes or more", header=header)
    assert (await ask(client, f"Bearer {token}")).status_code == 401


async def test_a_token_that_breaks_the_json_reader_is_worth_nothing(client: httpx.AsyncClient) -> None:
    for header in (b"[" * 20_000, b'{"alg":1' + b"0" * 5000 + b"}", b"\xff", b"null", b'{"alg":["HS256"]}'):
        token = base64.urlsafe_b64encode(header).rstrip(b"=").decode()
        assert (await ask(client, f"Bearer {token}.e30.e30")).status_code == 401


async def test_the_token_of_somebody_inactive_is_worth_nothing(
    client: httpx.AsyncClient, ana: Visitor, database: Database
) -> None:
    await ana.deactivate(database)
    assert (await ask(client, ana.headers["Authorization"])).status_code == 401


PROTECTED = {
    ("get", "/users/me"),
    ("patch", "/users/me"),
    ("delete", "/users/me"),
    ("put", "/users/me/password"),
    ("post", "/posts"),
    ("patch", "/posts/{post_id}"),
    ("delete", "/posts/{post_id}"),
    ("post", "/posts/{post_id}/comments"),
    ("patch", "/comments/{comment_id}"),
    ("delete", "/comments/{comment_id}"),
}


async def test_every_protected_route_asks_for_a_token_before_anything_else(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    operations = [(method, path, each) for path, methods in paths.items() for method, each in methods.items()]
    assert {(method, path) for method, path, each in operations if "security" in each} == PROTECTED
    for method, path in PROTECTED:
        response = await client.request(method, re.sub(r"{\w+}", "1", path), json={"nonsense": True})
        assert response.status_code == 401, (method, path)
        assert response.headers["www-authenticate"] == "Bearer"
