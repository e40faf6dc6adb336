"""Another JWT_SECRET, with nobody logged out: apps on the same database, each with secrets of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import httpx
import pytest
from databases import Database
from fastapi import FastAPI
from forgery import header_of
from pydantic import SecretStr
from visitors import arrive, client_of

from app.config.settings import Settings

OLD, NEW = SecretStr("old " * 8), SecretStr("new " * 8)

Start = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def start(settings: Settings, committed_database: Database) -> AsyncIterator[Start]:
    """Starts an app with other secrets than the tests' app has, and returns a client of it."""
    from app.main import create_app

    async with AsyncExitStack() as stack:

        async def start(secret: SecretStr, previous: SecretStr | None = None) -> httpx.AsyncClient:
            secrets = {"jwt_secret": secret, "jwt_secret_previous": previous}
            app: FastAPI = create_app(settings.model_copy(update=secrets))
            await stack.enter_async_context(app.router.lifespan_context(app))
            return await stack.enter_async_context(client_of(app))

        yield start


async def new_token(client: httpx.AsyncClient, name: str = "ben") -> str:
    """Of somebody who has just registered there."""
    return (await arrive(client, name)).token


async def status(client: httpx.AsyncClient, token: str) -> int:
    return (await client.get("/users/me", headers={"Authorization": f"Bearer {token}"})).status_code


async def test_a_token_works_on_while_its_secret_is_the_previous_one_and_no_longer(start: Start) -> None:
    before = await start(OLD)
    old = (await arrive(before, "ana")).token
    during = await start(NEW, OLD)
    assert await status(during, old) == 200
    new = await new_token(during)
    after = await start(NEW)
    assert await status(after, old) == 401
    assert await status(after, new) == 200


async def test_the_previous_secret_never_signs(start: Start) -> None:
    before = await start(OLD)
    await arrive(before, "ana")
    during = await start(NEW, OLD)
    token = await new_token(during)
    assert await status(during, token) == 200
    assert await status(before, token) == 401


async def test_replicas_side_by_side_rotate_in_two_steps(start: Start) -> None:
    before, prepared, after = await start(OLD), await start(OLD, NEW), await start(NEW, OLD)
    old = (await arrive(before, "ana")).token
    new = await new_token(after)
    assert [await status(prepared, token) for token in (old, new)] == [200, 200]
    assert [await status(after, token) for token in (old, new)] == [200, 200]


async def test_a_token_names_its_key_and_the_name_tells_nothing_of_the_secret(start: Start) -> None:
    before = await start(OLD)
    old = header_of((await arrive(before, "ana")).token)
    new = header_of(await new_token(await start(NEW, OLD)))
    again = header_of(await new_token(await start(NEW), "cleo"))
    assert old.keys() == {"alg", "typ", "kid"}
    assert old["kid"] != new["kid"] == again["kid"]
    assert len(new["kid"]) == 16
    assert new["kid"] not in NEW.get_secret_value().encode().hex()
