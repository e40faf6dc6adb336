"""Nothing secret in any log, error, `repr` or OpenAPI document: everything that the app says is searched."""

import gc
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio.to_thread
import bcrypt
import httpx
import pytest
from databases import Database
from fastapi import FastAPI
from pydantic import SecretStr, ValidationError
from servers import APART, end
from sqlalchemy import make_url, text
from visitors import client_of
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from app.config.settings import Settings
from app.database.migrations import MIGRATIONS
from app.models import User
from app.schemas.auth import LoginForm, PasswordChange, Token, UserCreate
from app.security.tokens import Key, keys_of

PASSWORDS = ("hush-first-password", "hush-second-password", "hush-wrong-password", "hush-password-too-long" * 9)
DATABASE_PASSWORD = "hush-database-password"
SECRETS = {"JWT_SECRET": "hush-jwt-secret-" * 3, "JWT_SECRET_PREVIOUS": "hush-jwt-secret-of-before-" * 2}


@dataclass
class Said:
    """All that an app has said, and what nobody may find in it."""

    secrets: list[str] = field(default_factory=lambda: ["hush", "$2b$"])  # each secret of ours begins with hush
    texts: list[str] = field(default_factory=list)

    def hear(self, response: httpx.Response) -> httpx.Response:
        """Keep an answer, all of it."""
        self.texts.append(f"{response.headers} {response.text}")
        return response

    def hear_token(self, response: httpx.Response) -> str:
        """Keep an answer that is there to hand out a token, without it; from now on the token is a secret."""
        token: str = response.json()["access_token"]
        self.secrets += [token, token.rpartition(".")[2]]
        self.texts.append(f"{response.headers} {response.text.replace(token, '')}")
        return token

    def found(self) -> list[str]:
        """The secrets that were said, each with some of the text around it."""
        return [
            f"{secret} in ...{text[max(0, text.index(secret) - 200) :][:400]}"
            for secret in self.secrets
            for text in self.texts
            if secret in text
        ]


@contextmanager
def served(said: Said, settings: Settings, *options: str, until: str = "", **variables: str) -> Iterator[httpx.Client]:
    """A client of a server that says as much as it can. When it has ended, all that it printed was heard.

    It is not ended before it has said `until`, or for half a minute.
    """
    command = [sys.executable, "-m", "uvicorn", "app.main:app", "--port", "0", "--log-level", "debug", *options]
    environment = os.environ | {
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "BCRYPT_ROUNDS": "4",
        "LOG_LEVEL": "DEBUG",
        **SECRETS,
        **variables,
    }
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "encoding": "utf-8"}
    with subprocess.Popen(command, cwd=MIGRATIONS.parent, env=environment, **pipes, **APART) as server:
        try:
            assert server.stdout is not None
            printed = []
            for line in server.stdout:
                printed.append(line)
                if "Uvicorn running on " in line:
                    break
            address = json.loads(printed[-1])["message"].split()[3]
            with httpx.Client(base_url=address, timeout=30) as client:
                yield client
            patience = threading.Timer(30, end, [server])
            patience.start()
            while until and printed[-1] and not any(until in line for line in printed):
                printed.append(server.stdout.readline())
            patience.cancel()
        finally:
            end(server)
            rest, _ = server.communicate(timeout=30)
    said.texts.append("".join(printed) + rest)


def use(said: Said, client: httpx.Client) -> dict[str, str]:
    """Do everything that a client can do with a secret, right and wrong. Return the headers of somebody logged in."""
    first, second, wrong, too_long = PASSWORDS
    credentials = {"email": "ana@example.com", "password": first}
    token = said.hear_token(client.post("/auth/register", json=credentials))
    headers = {"Authorization": f"Bearer {token}"}
    said.hear(client.post("/auth/register", json=credentials))
    for bad in (
        {"email": "hush", "password": "hush"},
        {"email": "bob@example.com", "password": too_long},
        {"email": "bob@example.com", "password": [first]},
        {"email": first, "password": {"value": first}, "more": first},
    ):
        said.hear(client.post("/auth/register", json=bad))
    said.hear(client.post("/auth/register", content=f'{{"password": "{first}"'))
    said.hear(client.post("/auth/login", data={"username": "ana@example.com", "password": wrong}))
    said.hear(client.post("/auth/login", data={"username": wrong, "password": wrong, "client_secret": wrong}))
    said.hear(client.post("/auth/login", json={"username": wrong, "password": wrong}))
    said.hear_token(client.post("/auth/login", data={"username": "ana@example.com", "password": first}))
    for change in ((wrong, second), (first, too_long), (first, "hush"), (first, second)):
        body = {"current_password": change[0], "new_password": change[1]}
        said.hear(client.put("/users/me/password", json=body, headers=headers))
    said.hear(client.get("/users/me", headers=headers))
    said.hear(client.get("/users/me", headers={"Authorization": "Bearer hush.hush.hush"}))
    said.hear(client.get("/users/me", headers={"Authorization": f"Basic {first}"}))
    said.hear(client.get("/posts", params={"cursor": "hush", "limit": "hush", "token": token}))
    said.hear(client.get("/nowhere/hush", headers={"X-Request-ID": "hush hush"}))
    token = said.hear_token(client.post("/auth/login", data={"username": "ana@example.com", "password": second}))
    headers = {"Authorization": f"Bearer {token}"}
    written = said.hear(client.post("/posts", json={"title": "A title", "body": "A body"}, headers=headers))
    post = written.headers["location"]
    watch(client, post, token, headers)
    for path in ("/users/me", "/users", "/posts", post, "/openapi.json", "/docs", "/", "/health/ready"):
        said.hear(client.get(path, headers=headers))
    return headers


def watch(client: httpx.Client, post: str, token: str, headers: dict[str, str]) -> None:
    """Watch a post, and one that is not there, with a token where a browser's page might put it."""
    there, not_there = (
        str(client.base_url.join(f"/ws{path}?token={token}")).replace("http", "ws", 1)
        for path in (post, "/posts/999999")
    )
    with connect(there, additional_headers=headers):
        pass
    with pytest.raises(InvalidStatus, match="404"), connect(not_there, additional_headers=headers):
        pass


def break_everything(said: Said, client: httpx.Client, headers: dict[str, str]) -> None:
    """Send what has secrets in it to an app that is out of order."""
    body = {"email": "cyd@example.com", "password": PASSWORDS[0]}
    login = {"username": "ana@example.com", "password": PASSWORDS[1]}
    for response in (
        client.post("/auth/register", json=body),
        client.post("/auth/login", data=login),
        client.get("/users/me", headers=headers),
    ):
        assert response.status_code == 500
        said.hear(response)


async def test_no_secret_is_in_anything_that_a_server_prints_or_answers(
    settings: Settings, committed_database: Database
) -> None:
    said = Said()
    with served(said, settings) as client:
        headers = await anyio.to_thread.run_sync(use, said, client)
        async with committed_database.engine.begin() as connection:
            await connection.execute(text("ALTER TABLE users RENAME TO users_gone"))
        try:
            await anyio.to_thread.run_sync(break_everything, said, client, headers)
        finally:
            async with committed_database.engine.begin() as connection:
                await connection.execute(text("ALTER TABLE users_gone RENAME TO users"))
    assert said.found() == []
    printed = said.texts[-1]
    assert "UndefinedTableError" in printed  # so the traces are there, with nothing secret in them
    assert "INSERT INTO users" in printed
    assert re.search(r'WebSocket /ws/posts/\d+\\" \[accepted]', printed)


def migrate_in_vain(address: str) -> str:
    """Run the migrations against a database that is not there, and return what is printed."""
    migration = subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=MIGRATIONS.parent,
        env=os.environ | SECRETS | {"DATABASE_URL": address},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert migration.returncode != 0
    return migration.stdout + migration.stderr


async def test_the_databases_password_is_in_nothing_that_is_said_about_a_database_that_refuses_it(
    settings: Settings,
) -> None:
    said = Said()
    url = make_url(settings.database_url.get_secret_value()).set(password=DATABASE_PASSWORD, database="hush_nowhere")
    address = url.render_as_string(hide_password=False)
    wrong = settings.model_copy(update={"database_url": SecretStr(address)})
    said.secrets = [DATABASE_PASSWORD, *SECRETS.values()]
    with served(said, wrong, until="Not listening to the database") as client:
        said.hear(client.get("/health/ready"))
        said.hear(client.post("/auth/register", json={"email": "ana@example.com", "password": PASSWORDS[0]}))
    said.texts.append(await anyio.to_thread.run_sync(migrate_in_vain, address))
    assert said.found() == []
    assert "Not listening to the database" in said.texts[-2]
    assert "The database will not do" in said.texts[-1]
    assert "Traceback" not in said.texts[-1]


def own_objects() -> list[object]:
    """Every object there is of a class of ours."""
    return [each for each in gc.get_objects() if str(type(each).__module__).partition(".")[0] == "app"]


async def test_no_secret_is_in_the_repr_of_anything(settings: Settings, committed_database: Database) -> None:
    from app.main import create_app

    said = Said()
    secrets = {name.lower(): SecretStr(value) for name, value in SECRETS.items()}
    url = SecretStr(f"postgresql://ana:{DATABASE_PASSWORD}@db.example/blog")
    settings = Settings(_env_file=None, database_url=url, **secrets)
    app: FastAPI = create_app(settings)
    password, hashed = PASSWORDS[0], bcrypt.hashpw(PASSWORDS[0].encode(), bcrypt.gensalt(4)).decode()
    async with app.router.lifespan_context(app), client_of(app):
        objects = [
            settings,
            tokens := keys_of(settings)[0],
            Key.of(settings.jwt_secret),
            UserCreate.model_validate({"email": "ana@example.com", "password": password}),
            LoginForm.model_validate({"username": "ana@example.com", "password": password}),
            PasswordChange.model_validate({"current_password": password, "new_password": password}),
            Token(access_token="hush.hush.hush"),
            User(email="ana@example.com", hashed_password=hashed),
            app.state.engine,
            app.state.engine.url,
        ]
        said.texts += [f"{each!r} {each}" for each in objects + own_objects()]
    assert any(isinstance(each, type(tokens)) for each in own_objects())
    assert said.found() == []


@pytest.mark.parametrize(
    ("schema", "bad"),
    [
        (UserCreate, {"email": "hush", "password": "hush"}),
        (LoginForm, {"username": None, "password": ["hush"]}),
        (PasswordChange, {"current_password": "hush", "new_password": "hush"}),
        (Settings, {"database_url": "hush", "jwt_secret": "hush", "jwt_secret_previous": "hush", "_env_file": None}),
    ],
)
def test_no_error_about_a_bad_value_quotes_it(schema: Any, bad: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as raised:
        schema(**bad)
    assert "hush" not in f"{raised.value!s} {raised.value!r}"
