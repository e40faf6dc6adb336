"""Steps 4.6: one shape for every error."""

from typing import Annotated

import httpx
import pytest
from fastapi import Depends
from pydantic import AfterValidator, BaseModel

from core.errors import DomainError
from routers.auth import oauth2_scheme


class Login(BaseModel):
    name: str
    pin: int


def even(number: int) -> int:
    if number % 2:
        raise ValueError("even numbers alone")  # letters of "Value error, " at both ends
    return number


class Even(BaseModel):
    number: Annotated[int, AfterValidator(even)]


async def test_an_error_of_ours_keeps_its_message_its_status_and_its_headers(app, client):
    @app.get("/probe")
    async def probe() -> None:
        raise DomainError("Come back later", 429, {"Retry-After": "5"})

    response = await client.get("/probe")

    assert response.status_code == 429
    assert response.json() == {"error": "Come back later"}
    assert response.headers["Retry-After"] == "5"


async def test_a_path_that_does_not_exist_gets_the_same_shape(client):
    response = await client.get("/nowhere")

    assert response.status_code == 404
    assert response.json() == {"error": "Not Found"}


async def test_a_method_that_is_not_allowed_gets_the_same_shape_and_is_told_which_ones_are(client):
    response = await client.delete("/auth/login")

    assert response.status_code == 405
    assert response.json() == {"error": "Method Not Allowed"}
    assert "POST" in response.headers["Allow"]


async def test_a_request_without_a_token_is_told_to_bring_one(app, client):
    @app.get("/probe")
    async def probe(token: Annotated[str, Depends(oauth2_scheme)]) -> None: ...

    response = await client.get("/probe")

    assert response.status_code == 401
    assert list(response.json()) == ["error"]
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"name": "\xff"}', id="not UTF-8"),
        pytest.param(b"[" * 100_000, id="nested too deep"),
        pytest.param(b'{"pin": ' + b"1" * 5_000 + b"}", id="a number of 5000 digits"),
    ],
)
async def test_a_body_that_no_parser_can_read_is_a_422(app, client, body):
    @app.post("/probe")
    async def probe(login: Login) -> None: ...

    response = await client.post("/probe", content=body, headers={"Content-Type": "application/json"})

    assert response.status_code == 422
    details = response.json()["details"]
    assert len(details) == 1
    assert details[0]["loc"] == ["body"]


async def test_invalid_input_names_the_field_and_the_problem(app, client):
    @app.post("/probe")
    async def probe(login: Login) -> None: ...

    response = await client.post("/probe", json={"name": "ana", "pin": "secret"})

    assert response.status_code == 422
    details = response.json()["details"]
    assert len(details) == 1
    assert details[0]["loc"] == ["body", "pin"]
    assert details[0]["msg"]


async def test_a_problem_of_our_own_is_told_in_our_own_words(app, client):
    @app.post("/probe")
    async def probe(even: Even) -> None: ...

    response = await client.post("/probe", json={"number": 7})

    assert response.status_code == 422
    details = response.json()["details"]
    assert len(details) == 1
    assert details[0]["msg"] == "even numbers alone"


async def test_invalid_input_is_never_sent_back(app, client):
    @app.post("/probe")
    async def probe(login: Login) -> None: ...

    response = await client.post("/probe", json={"name": "ana", "pin": "hunter2"})

    assert response.status_code == 422
    assert "hunter2" not in response.text


async def test_a_rejected_password_is_never_sent_back(client):
    response = await client.post("/auth/register", json={"email": "ana@example.com", "password": "hunter2"})

    assert response.status_code == 422
    assert "hunter2" not in response.text


async def test_a_mistake_of_ours_is_a_500_that_gives_nothing_away(app):
    @app.get("/probe")
    async def probe() -> None:
        raise RuntimeError("the password is hunter2")

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        response = await client.get("/probe")

    assert response.status_code == 500
    assert list(response.json()) == ["error"]
    assert "hunter2" not in response.text
