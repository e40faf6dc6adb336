"""The three places where a contract suite finds its server: this process, a port of this machine, or an address."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import IO, Any
from unittest.mock import patch

import httpx
import psutil
from anyio import to_thread
from sockets import AppSocket, Open, WireSocket
from traces import Traces

from course.environment import async_http
from course.machine import ladder, ports, readiness
from course.stages import Stage, stage_by_id

OUTSIDE = {name: value for name, value in os.environ.items() if name != "BCRYPT_ROUNDS"}  # hashing costs what it costs
SECRET = "the contract suite's own secret, long enough for every algorithm of the family"  # HS512 wants 64 bytes
STOP_SECONDS = 15
# uvicorn closes a connection that has been idle for 5 s: a request that meets this moment gets no answer.
LIMITS = httpx.Limits(keepalive_expiry=2)


@dataclass(frozen=True)
class Target:
    """A server that answers. Its secret and its database are known only if this suite started it."""

    client: Callable[[], httpx.AsyncClient]
    socket: Open
    secret: str | None = None
    database_url: str | None = None
    pid: int | None = None

    def memory(self) -> int:
        """How many bytes the server's processes hold."""
        server = psutil.Process(self.pid)
        return sum(each.memory_info().rss for each in (server, *server.children(recursive=True)))

    async def execute(self, sql: str, *args: Any) -> None:
        """Change a row behind the server's back."""
        assert self.database_url, "only a server that the suite started has a database that it knows"
        await to_thread.run_sync(ladder.execute, self.database_url, sql, *args)


@asynccontextmanager
async def at_address(url: str, *, deletes_accounts: bool) -> AsyncIterator[Target]:
    """A server that somebody else runs. What the suite makes there it deletes, and warns of what it could not."""
    traces = Traces(deletes_accounts=deletes_accounts)

    def client() -> httpx.AsyncClient:
        return async_http(url, timeout=30, limits=LIMITS, event_hooks={"response": [traces.note]})

    try:
        yield Target(client, partial(WireSocket, url))
    finally:
        async with client() as cleaner:
            await traces.delete(cleaner)


@asynccontextmanager
async def in_process(
    stage_id: str, folder: Path | None, template: str | None = None, **settings: Any
) -> AsyncIterator[Target]:
    """The stage's app in this process, its lifespan run, without a socket."""
    stage = stage_by_id(stage_id)
    folder = (folder or stage.folder).resolve()
    async with own_database(stage, folder, template) as database_url:
        environment = stage_environment(database_url, settings)
        with as_if_started_in(folder, environment):
            module, _, name = stage.app.partition(":")
            app = getattr(import_module(module), name)
            async with app.router.lifespan_context(app):

                def client() -> httpx.AsyncClient:
                    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
                    return httpx.AsyncClient(transport=transport, base_url="http://contract.test")

                yield Target(client, partial(AppSocket, app), SECRET, database_url)


@asynccontextmanager
async def on_localhost(
    stage_id: str, folder: Path | None, template: str | None = None, *, workers: int = 1, **settings: Any
) -> AsyncIterator[Target]:
    """The stage's own uvicorn command, on a free port."""
    stage = stage_by_id(stage_id)
    folder = (folder or stage.folder).resolve()
    async with (
        own_database(stage, folder, template) as database_url,
        served(stage, folder, database_url, workers=workers, **settings) as target,
    ):
        yield target


@asynccontextmanager
async def served(
    stage: Stage, folder: Path, database_url: str, *, workers: int = 1, **settings: Any
) -> AsyncIterator[Target]:
    """The same on a database that is there, where another server may be at work already."""
    port = ports.any_free()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "uvicorn", stage.app, "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", str(workers), "--timeout-graceful-shutdown", "5"]
    with started(command, folder, stage_environment(database_url, settings)) as (server, log):
        try:
            is_ready = partial(readiness.answers, f"{url}/health")
            await to_thread.run_sync(readiness.wait_until, is_ready, server, lambda: os.fstat(log.fileno()).st_size)
        except readiness.NotReadyError as error:
            log.seek(0)
            raise RuntimeError(f"{' '.join(command)} {error}:\n{log.read().decode(errors='replace')}") from error
        client = partial(httpx.AsyncClient, base_url=url, timeout=30, limits=LIMITS)
        yield Target(client, partial(WireSocket, url), SECRET, database_url, server.pid)


@contextmanager
def started(
    command: list[str], folder: Path, environment: dict[str, str]
) -> Iterator[tuple["subprocess.Popen[bytes]", IO[bytes]]]:
    """A command that runs for the length of the block, and what it prints."""
    with tempfile.TemporaryFile() as log:
        # Windows has Ctrl-Break for SIGTERM; it goes to a group of processes, here to the server and its workers.
        group = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        server = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT, creationflags=group
        )
        try:
            yield server, log
        finally:
            server.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM))
            try:
                server.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
                raise


def stage_environment(database_url: str, settings: dict[str, Any]) -> dict[str, str]:
    """The environment of a stage: what the contract says is enough, and any setting by its upper-case name."""
    own = {name.upper(): str(value) for name, value in settings.items()}
    return {**OUTSIDE, "DATABASE_URL": database_url, "JWT_SECRET": SECRET, **own}


def migrate(stage: Stage, folder: Path, environment: dict[str, str]) -> None:
    """Bring the database to where the stage expects it; a stage without migrations makes its own tables at start."""
    if stage.migrations:
        command = [sys.executable, "-m", "alembic", "upgrade", "head"]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


@contextmanager
def as_if_started_in(folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """This process as the stage's process would be: its folder, its import path, its environment."""
    before = Path.cwd()
    with patch.dict(os.environ, environment), patch.object(sys, "path", [str(folder), *sys.path]):
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


@asynccontextmanager
async def own_database(stage: Stage, folder: Path, template: str | None = None) -> AsyncIterator[str]:
    """The URL of a new database beside the one in DATABASE_URL, dropped at the end. Its name ends in `_test`.

    It has the tables of `template`, a database that has been migrated before; without it, the stage's migrations run.
    """
    given = os.environ.get("DATABASE_URL")
    if not given:
        raise RuntimeError("DATABASE_URL is not set. Run: python3 -m course.postgres exec -- pytest tests/contract")
    database = ladder.fresh_database(ladder.Server("url", given, "contract"), template=template)
    url = await to_thread.run_sync(database.__enter__)
    try:
        if template is None:
            await to_thread.run_sync(migrate, stage, folder, stage_environment(url, {}))
        yield url
    finally:
        await to_thread.run_sync(database.__exit__, None, None, None)
