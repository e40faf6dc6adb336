"""Two replicas of the capstone behind a proxy that lets them take turns: nothing that matters is kept in a process."""

import asyncio
import json
import secrets
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import httpx
import pytest
from anyio import to_thread
from conftest import fresh_database
from served import PATIENT, Served
from websockets.asyncio.client import ClientConnection

from course.deploy.rehearsal.proxy import Proxy
from course.deploy.rehearsal.unnoticed import PASSWORD, log_in, register, token_of
from course.deploy.verify.caller import bearer
from course.environment import async_http, websocket
from course.machine import ports
from course.stages import CAPSTONE

ATTEMPTS = 10
SOON_SECONDS = 10
SERVICE_RESTART = 1012
OLD, NEW = secrets.token_hex(32), secrets.token_hex(32)


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def database_url() -> Iterator[str]:
    with fresh_database() as url:
        yield url


@dataclass
class Replica:
    """One process of the capstone, and the port that the proxy knows it by."""

    port: int
    served: Served

    async def restart(self, **variables: str) -> None:
        """Stop it as a host does, and start it with other variables. One that is empty is taken away."""
        await to_thread.run_sync(self.served.stop)
        for name, value in variables.items():
            self.served.env.pop(name, None)
            if value:
                self.served.env[name] = value
        await to_thread.run_sync(self.served.start)


@dataclass
class Service:
    """Two replicas, and the proxy in front of them."""

    proxy: Proxy
    replicas: tuple[Replica, Replica]


@pytest.fixture(scope="module")
async def service(database_url: str) -> AsyncIterator[Service]:
    """Both replicas run their migrations at once, on an empty database, and then serve."""
    with ports.reserved(ports.FIRST_PORT + 80) as one, ports.reserved(ports.FIRST_PORT + 80) as two:
        replicas = tuple(Replica(port, Served(CAPSTONE, port, database_url)) for port in (one, two))
        for replica in replicas:
            replica.served.env |= {
                **PATIENT,
                "BCRYPT_ROUNDS": "4",
                "JWT_SECRET": OLD,
                "TRUSTED_PROXIES": "127.0.0.1/32",
            }
        assert await asyncio.gather(*(migrate(replica.served.env) for replica in replicas)) == [0, 0]
        async with Proxy() as proxy:
            with replicas[0].served, replicas[1].served:
                await asyncio.gather(*(to_thread.run_sync(replica.served.start) for replica in replicas))
                proxy.switch(one, two)
                yield Service(proxy, (replicas[0], replicas[1]))


async def migrate(env: dict[str, str]) -> int:
    """Run the migrations, and return the exit status."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "alembic", "upgrade", "head", cwd=CAPSTONE.folder, env=env
    )
    return await process.wait()


@pytest.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who knows the one address alone."""
    async with async_http(service.proxy.url) as client:
        yield client


async def test_wrong_passwords_are_counted_together(service: Service, client: httpx.AsyncClient) -> None:
    email = await register(client)
    answers = [(await log_in(client, email, "wrong password")).status_code for _ in range(ATTEMPTS)]
    assert 429 not in answers
    for replica in service.replicas:
        async with async_http(replica.served.url) as direct:
            assert (await log_in(direct, email, PASSWORD)).status_code == 429


async def test_a_list_begun_at_one_goes_on_at_the_other(client: httpx.AsyncClient) -> None:
    token = await token_of(client, await register(client))
    written = [
        (await client.post("/posts", json={"title": f"Post {n}", "body": "text"}, headers=bearer(token))).json()["id"]
        for n in range(5)
    ]
    read, path = [], "/posts?limit=1"
    for _ in written:
        page = (await client.get(path)).json()
        read += [item["id"] for item in page["items"]]
        path = f"/posts?limit=1&cursor={page['next_cursor']}"
    assert read == written[::-1]


async def test_a_comment_reaches_the_watchers_of_both(service: Service, client: httpx.AsyncClient) -> None:
    token = await token_of(client, await register(client))
    post = await client.post("/posts", json={"title": "A post", "body": "to watch"}, headers=bearer(token))
    path = f"/ws/posts/{post.json()['id']}"
    address = service.proxy.url.replace("http", "ws", 1) + path
    async with websocket(address) as one, websocket(address) as two:
        for text in ("first", "second"):  # one is written at one replica, one at the other
            await client.post(f"/posts/{post.json()['id']}/comments", json={"body": text}, headers=bearer(token))
            for watcher in (one, two):
                event = json.loads(await asyncio.wait_for(watcher.recv(), SOON_SECONDS))
                assert (event["type"], event["comment"]["body"]) == ("comment.created", text)

        await service.replicas[0].restart()
        ended, other = await first_to_end(one, two)
        assert ended == SERVICE_RESTART
        await client.post(f"/posts/{post.json()['id']}/comments", json={"body": "third"}, headers=bearer(token))
        assert json.loads(await asyncio.wait_for(other.recv(), SOON_SECONDS))["comment"]["body"] == "third"


async def first_to_end(*watchers: ClientConnection) -> tuple[int | None, ClientConnection]:
    """The code that the one which ends was closed with, and the one that is still open."""
    waiting = {asyncio.create_task(watcher.wait_closed()): watcher for watcher in watchers}
    done, pending = await asyncio.wait(waiting, timeout=SOON_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    assert len(done) == len(pending) == 1
    return waiting[done.pop()].close_code, waiting[pending.pop()]


async def test_the_secret_is_rotated_with_nobody_logged_out(service: Service, client: httpx.AsyncClient) -> None:
    email = await register(client)
    tokens = [await token_of(client, email)]

    async def statuses() -> list[int]:
        """What each token is worth, at one replica and at the other, while more people log in at both."""
        for _ in service.replicas:
            tokens.append(await token_of(client, email))
        asked = [client.get("/users/me", headers=bearer(each)) for each in tokens for _ in service.replicas]
        return [(await request).status_code for request in asked]

    async def roll_out(**variables: str) -> None:
        """One replica has the new variables and the other has not: that is when people would be logged out."""
        await service.replicas[0].restart(**variables)
        assert set(await statuses()) == {200}
        await service.replicas[1].restart(**variables)
        assert set(await statuses()) == {200}

    await roll_out(JWT_SECRET=OLD, JWT_SECRET_PREVIOUS=NEW)
    signed_before = len(tokens)
    await roll_out(JWT_SECRET=NEW, JWT_SECRET_PREVIOUS=OLD)
    for replica in service.replicas:
        await replica.restart(JWT_SECRET_PREVIOUS="")
    worth = [(await client.get("/users/me", headers=bearer(each))).status_code for each in tokens]
    assert set(worth[:signed_before]) == {401}
    assert worth[-1] == 200
