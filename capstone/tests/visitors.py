"""Somebody who uses the blog, for tests to speak of."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from databases import Database
from fastapi import FastAPI
from sqlalchemy import update

from app.config.settings import Settings
from app.models import User

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Visitor:
    """A registered user: sends requests with a token."""

    client: httpx.AsyncClient
    id: int
    email: str
    headers: dict[str, str]

    @property
    def token(self) -> str:
        """The access token."""
        return self.headers["Authorization"].removeprefix("Bearer ")

    async def send(self, method: str, path: str, **json: Any) -> httpx.Response:
        """Send a request with the token; with keyword arguments as its JSON body, if there are any."""
        return await self.client.request(method, path, json=json or None, headers=self.headers)

    async def write(self, title: str = "A title", body: str = "A body") -> int:
        """Write a post, and return its id."""
        response = await self.send("POST", "/posts", title=title, body=body)
        assert response.status_code == 201, response.text
        post_id: int = response.json()["id"]
        return post_id

    async def say(self, post_id: int, body: str = "A remark") -> int:
        """Comment on a post, and return the comment's id."""
        response = await self.send("POST", f"/posts/{post_id}/comments", body=body)
        assert response.status_code == 201, response.text
        comment_id: int = response.json()["id"]
        return comment_id

    async def deactivate(self, database: Database) -> None:
        """Take away the right to come in. There is no way to do that over HTTP."""
        async with database.transaction() as session:
            await session.execute(update(User).where(User.id == self.id).values(is_active=False))


async def arrive(client: httpx.AsyncClient, name: str) -> Visitor:
    """Register somebody as NAME@example.com."""
    email = f"{name}@example.com"
    response = await client.post("/auth/register", json={"email": email, "password": PASSWORD})
    assert response.status_code == 201, response.text
    headers = {"Authorization": f"Bearer {response.json()['access_token']}"}
    me = await client.get("/users/me", headers=headers)
    return Visitor(client, me.json()["id"], email, headers)


def client_of(app: FastAPI, *, raise_app_exceptions: bool = True) -> httpx.AsyncClient:
    """A client that calls the app directly."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=raise_app_exceptions)
    return httpx.AsyncClient(transport=transport, base_url="http://app.test")


@asynccontextmanager
async def started(settings: Settings, **changes: object) -> AsyncIterator[FastAPI]:
    """Another app on the same database, with other settings if need be: to the first, it is another process."""
    from app.main import create_app  # only here: importing it reads the settings of the environment

    app = create_app(settings.model_copy(update=changes))
    async with app.router.lifespan_context(app):
        yield app
