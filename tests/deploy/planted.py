"""The capstone with one mistake planted, for each mistake an address: all of them in one process, on one database.

    python planted.py

It prints a line of JSON, the address by the mistake's name, and serves until its standard input closes.
"""

import asyncio
import contextlib
import json
import logging
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from course.deploy.rehearsal.proxy import Proxy
from course.stages import CAPSTONE

sys.path.insert(0, str(CAPSTONE.folder))
os.chdir(CAPSTONE.folder)

from app.config.settings import Settings  # noqa: E402 (it is found only now)
from app.main import create_app  # noqa: E402
from app.routers import auth  # noqa: E402
from app.security import tokens  # noqa: E402

logging.disable()  # standard output is for the addresses
PLAIN = Settings(jwt_secret="5" * 64, bcrypt_rounds=4)
ROUNDS = 9  # of bcrypt, where that is not the mistake
MISTAKES: dict[str, Callable[[], Any]] = {}  # each makes an app, or several: replicas behind a proxy, by turns
Answers = Callable[[str], Response | None]


def mistake(plant: Callable[[], Any]) -> Callable[[], Any]:
    MISTAKES[plant.__name__] = plant
    return plant


def blog(**changed: Any) -> FastAPI:
    return create_app(PLAIN.model_copy(update={"bcrypt_rounds": ROUNDS, **changed}))


def answered(app: Any, answers: Answers) -> Any:
    """The app, but for the paths that are answered otherwise."""

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        answer = answers(scope["path"]) if scope["type"] == "http" else None
        await (answer or app)(scope, receive, send)

    return wrapped


@mistake
def nothing() -> Any:
    return blog()


@mistake
def always_ready() -> Any:
    return answered(blog(), lambda path: PlainTextResponse('{"ok": true}') if path == "/health/ready" else None)


@mistake
def ready_for_all() -> Any:
    return answered(blog(), lambda path: PlainTextResponse('{"ok": true}') if path.startswith("/health") else None)


@mistake
def any_origin() -> Any:
    app = blog()
    app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True, allow_methods=["*"])
    return app


@mistake
def shown_variables() -> Any:
    app = blog()
    app.get("/debug")(lambda: {"DATABASE_URL": "postgresql://blog:hunter2@db/blog", "DEBUG": "1"})
    return app


@mistake
def variables_in_the_document() -> Any:
    app = blog()
    app.description = "Runs on postgresql://blog:hunter2@db.internal/blog"
    return app


@mistake
def variables_on_a_route_of_ones_own() -> Any:
    app = blog()
    app.get("/whoami")(lambda: {"jwt_secret": PLAIN.jwt_secret.get_secret_value()})
    return app


@mistake
def bare_cookie() -> Any:
    app = blog()

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        async def with_cookie(message: Any) -> None:
            if message["type"] == "http.response.start" and scope["path"] == "/auth/login":
                message["headers"] = [*message["headers"], (b"set-cookie", b"session=abc; Path=/; HttpOnly")]
            await send(message)

        await app(scope, receive, with_cookie if scope["type"] == "http" else send)

    return wrapped


@mistake
def tokens_for_a_year() -> Any:
    return blog(jwt_expires_minutes=60 * 24 * 365)


@mistake
def docs_off() -> Any:
    return answered(blog(), lambda path: Response(status_code=404) if path in ("/docs", "/openapi.json") else None)


@mistake
def cheap_hashes() -> Any:
    return blog(bcrypt_rounds=4)


@mistake
def a_301_for_a_slash() -> Any:
    def answers(path: str) -> Response | None:
        return RedirectResponse(path.rstrip("/"), 301) if path != "/" and path.endswith("/") else None

    return answered(blog(), answers)


@mistake
def two_secrets() -> Any:
    other = Settings(jwt_secret="another secret, as one replica alone was given it").jwt_secret
    return blog(), blog(jwt_secret=other)


@mistake
def two_times() -> Any:
    ahead, create = blog(), auth.create_access_token

    def create_ahead(bearer: tokens.Bearer, settings: Settings) -> str:
        if settings is not ahead.state.settings:
            return create(bearer, settings)
        now = tokens.datetime
        tokens.datetime = Ahead
        try:
            return create(bearer, settings)
        finally:
            tokens.datetime = now

    auth.create_access_token = create_ahead
    return blog(), ahead


class Ahead(tokens.datetime):
    """A clock that is a minute ahead."""

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return tokens.datetime.fromtimestamp(time.time() + 60, tz)


@mistake
def no_trusted_proxies() -> Any:
    return (blog(bcrypt_rounds=4),)


@mistake
def believes_everybody() -> Any:
    app = blog(bcrypt_rounds=4)

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        sent = dict(scope.get("headers", []))
        if offered := sent.get(b"x-forwarded-for"):
            scope = {**scope, "client": (offered.decode(), 1)}
            scope["headers"] = [each for each in scope["headers"] if each[0] != b"x-forwarded-for"]
        await app(scope, receive, send)

    return wrapped


@mistake
def named_commit() -> Any:
    return blog(railway_git_commit_sha="0123456789abcdef0123456789abcdef01234567")


async def serve() -> None:
    servers, tasks, addresses = [], [], {}

    async def port_of(app: Any) -> int:
        server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", log_config=None, access_log=False))
        servers.append(server)
        tasks.append(asyncio.create_task(server._serve()))
        while not server.started and not tasks[-1].done():  # noqa: ASYNC110 (uvicorn tells by a flag alone)
            await asyncio.sleep(0.01)
        return server.servers[0].sockets[0].getsockname()[1]

    async with contextlib.AsyncExitStack() as stack:
        for name, plant in MISTAKES.items():
            planted = plant()
            if isinstance(planted, tuple):
                proxy = await stack.enter_async_context(Proxy())
                proxy.switch(*[await port_of(each) for each in planted])
                port = proxy.port
            else:
                port = await port_of(planted)
            addresses[name] = f"http://127.0.0.1:{port}"
        sys.stdout.write(json.dumps(addresses) + "\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
    for server in servers:
        server.should_exit = True
    await asyncio.gather(*tasks)


if __name__ == "__main__":
    asyncio.run(serve())
