"""Failures that no health check sees: they are deployed, and the public meets them. Each is played, and told."""

import asyncio
import secrets
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from course import environment
from course.deploy.rehearsal.host import Attempt, DeployFailed, Host, hurried
from course.deploy.rehearsal.load import Public
from course.deploy.rehearsal.proxy import HOST
from course.deploy.rehearsal.show import Show
from course.deploy.rehearsal.versions import newest_migration
from course.errors import CourseError, NotThereError
from course.machine import ladder, pooler
from course.machine.migrations import VERSIONS

ANSWER_SECONDS = 15
OVERLAP_SECONDS = 2
STRANGER = "127.0.0.2"  # another address of this machine
PASSWORD = "correct horse battery"  # noqa: S105 (of accounts that live as long as the rehearsal)
WRONG_PASSWORDS = 10
LOGINS = 9
CLOCKS = (5, 60)  # by how many seconds a replica's clock is ahead
SLOW_CLIENTS = 100
BODY_SECONDS = 32  # the contract gives a body 30
HALF_HEAD = b"POST /auth/login HTTP/1.1\r\nHost: blog.rehearsal.test\r\n"
HALF_BODY = HALF_HEAD + b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nusername="
LOG_LINES = 2
HEALTH_SECONDS = 12  # a version that does not hear of changes needs some to notice it
COLUMN = "    body: Mapped[str] = mapped_column("

RENAMING = '''"""comments.body is called comments.text, in one step, as nobody should do it"""

from alembic import op

revision = "rehearsed"
down_revision = "{before}"


def upgrade() -> None:
    op.alter_column("comments", "body", new_column_name="text")
'''
BACK = (
    "DO $$ BEGIN ALTER TABLE comments RENAME text TO body; EXCEPTION WHEN undefined_column THEN NULL; END $$",
    "UPDATE alembic_version SET version_num = '{before}' WHERE version_num = 'rehearsed'",
)
ANOTHER_CLOCK = '''"""Lets a process believe that it is later."""

import datetime
import os
import time

AHEAD = float(os.environ["CLOCK_AHEAD"])
real, real_time = datetime.datetime, time.time


class Kind(type):
    def __instancecheck__(cls, value):
        return isinstance(value, real)


class Datetime(real, metaclass=Kind):
    @classmethod
    def now(cls, tz=None):
        return real.now(tz) + datetime.timedelta(seconds=AHEAD)


datetime.datetime = Datetime
time.time = lambda: real_time() + AHEAD
'''


@dataclass(frozen=True)
class Scene:
    """Where a failure is played: a host with a version that serves, and the public."""

    host: Host
    port: int  # of the proxy
    show: Show
    public: Public
    before: Attempt  # of the version that serves
    attempt: Attempt  # of HEAD
    folder: Path  # for files

    def made(self, **changed: Any) -> Attempt:
        """HEAD's deployment with something changed."""
        return self.shortened(replace(self.attempt, **changed))

    def shortened(self, attempt: Attempt) -> Attempt:
        """The same with a shorter overlap: nobody need wait for it again and again."""
        plan = replace(attempt.plan, overlap_seconds=min(OVERLAP_SECONDS, attempt.plan.overlap_seconds))
        return replace(attempt, plan=plan)


@dataclass(frozen=True)
class Unnoticed:
    """One failure: what is wrong, what is done about it, and how it is played. `play` returns what people met."""

    name: str
    wrong: str
    fix: str
    section: str  # of the lessons
    play: Callable[[Scene], Awaitable[str]]
    look: Callable[[], object] = lambda: None  # for what it needs; raises NotThereError


def person(scene: Scene, *, port: int = 0, source: str | None = None) -> httpx.AsyncClient:
    """Somebody at the proxy, or at one replica's own port, from an address of this machine."""
    transport = httpx.AsyncHTTPTransport(local_address=source)
    url = f"http://{HOST}:{port or scene.port}"
    return environment.async_http(url, transport=transport, timeout=ANSWER_SECONDS)


async def register(someone: httpx.AsyncClient) -> str:
    """Make an account, and return its e-mail. Raises CourseError."""
    email = f"rehearsal-{secrets.token_hex(8)}@example.com"
    answer = await someone.post("/auth/register", json={"email": email, "password": PASSWORD})
    if answer.status_code != httpx.codes.CREATED:
        raise CourseError(f"Nobody can register: POST /auth/register was answered {answer.status_code}.")
    return email


async def log_in(someone: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    return await someone.post("/auth/login", data={"username": email, "password": password})


async def token_of(someone: httpx.AsyncClient, email: str) -> str:
    """Log in, and return the token. Raises CourseError."""
    answer = await log_in(someone, email)
    if answer.status_code != httpx.codes.OK:
        raise CourseError(f"Nobody can log in: POST /auth/login was answered {answer.status_code}.")
    return str(answer.json()["access_token"])


async def _is_let_in(someone: httpx.AsyncClient, token: str) -> bool:
    answer = await someone.get("/users/me", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code == httpx.codes.OK


async def _rename(scene: Scene) -> str:
    attempt, counts = scene.made(), scene.public.counts
    _, before = newest_migration(attempt.app)
    path = attempt.app / VERSIONS / "rehearsed_comments_text.py"
    path.write_text(RENAMING.format(before=before), encoding="utf-8")
    _rename_in_model(attempt.app)

    async def failed(deployed: Attempt) -> str:
        asked, refused = counts.requests, counts.failures.copy()
        await scene.host.deploy(deployed)
        new = counts.failures - refused
        return f"{new.total()} of {counts.requests - asked} requests failed" + "".join(
            f", most of them as {reason}" for reason, _ in new.most_common(1)
        )

    try:
        forward = await failed(attempt)
        # As the host does it: the code of before, and the tables of after.
        back = await failed(scene.shortened(scene.before))
    finally:
        for statement in BACK:
            text = statement.format(before=before)
            await asyncio.to_thread(ladder.execute, attempt.variables["DATABASE_URL"], text)
    return f"From the migration to the switch {forward}. Rolled back, and for as long as the old code runs, {back}"


def _rename_in_model(app: Path) -> None:
    """Let the new code know the new name. Raises CourseError where the model is not written as the course writes it."""
    for path in sorted((app / "app" / "models").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        if '__tablename__ = "comments"' in text and text.count(COLUMN) == 1:
            path.write_text(text.replace(COLUMN, f'{COLUMN}"text", '), encoding="utf-8", newline="\n")
            return
    raise CourseError(f"No model of the table comments has {COLUMN.strip()}...), which this failure renames.")


async def _clock(scene: Scene) -> str:
    folder = scene.folder / "clock"
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(ANOTHER_CLOCK, encoding="utf-8")  # each Python of that path runs it first
    own = {number: {"PYTHONPATH": str(folder), "CLOCK_AHEAD": str(seconds)} for number, seconds in enumerate(CLOCKS, 1)}
    await scene.host.deploy(scene.made(replicas=1 + len(CLOCKS), own=own))
    assert scene.host.active
    right, *ahead = [each.port for each in scene.host.active.replicas]
    with scene.show.phase("Logging in") as phase:
        async with person(scene) as ann, person(scene, port=right) as elsewhere:
            email, refused = await register(ann), 0
            for _ in range(LOGINS):
                token = await token_of(ann, email)
                refused += not all([await _is_let_in(ann, token) for _ in range(len(CLOCKS) + 1)])
            phase.note = f"{LOGINS} times, each by whichever replica has its turn; {refused} were soon refused (401)"
            told = []
            for port, seconds in zip(ahead, CLOCKS, strict=True):
                async with person(scene, port=port) as there:
                    token = await token_of(there, email)
                taken = await _is_let_in(elsewhere, token)
                told.append(f"a token that is {seconds} s ahead is {'taken' if taken else 'refused'} elsewhere")
    return f"Of {LOGINS} logins {refused} gave a token that other replicas refuse (401): {', '.join(told)}"


async def _proxy(scene: Scene) -> str:
    kept = {name: value for name, value in scene.attempt.variables.items() if name != "TRUSTED_PROXIES"}
    await scene.host.deploy(scene.made(variables=kept))
    with scene.show.phase("Logging in") as phase:
        async with person(scene) as ann, person(scene, source=STRANGER) as stranger:
            email = await register(ann)
            for _ in range(WRONG_PASSWORDS):
                await log_in(stranger, email, "not the one")
            status = (await log_in(ann, email)).status_code
        phase.note = f"{WRONG_PASSWORDS} wrong passwords from {STRANGER}, then the right one from {HOST}: {status}"
    if status == httpx.codes.OK:
        return "The right password lets its owner in, whatever a stranger has tried from another address"
    return (
        f"A stranger's {WRONG_PASSWORDS} wrong passwords lock the owner out, who is somewhere else: the right password "
        f"is answered {status}. All people come from one address, the proxy's, and share one login limit"
    )


async def _slow_clients(scene: Scene) -> str:
    attempt, counts = scene.made(), scene.public.counts
    await scene.host.deploy(attempt)
    assert scene.host.active
    port = scene.host.active.replicas[0].port  # past the proxy, which reads each request whole before it passes it on
    asked, failed = counts.requests, counts.failed
    clients = []
    try:
        with scene.show.phase("Half requests") as phase:
            for number in range(SLOW_CLIENTS):
                clients.append(client := await asyncio.open_connection(HOST, port))
                client[1].write(HALF_HEAD if number % 2 else HALF_BODY)
            closed = await asyncio.gather(*(_is_closed(reader) for reader, _ in clients))
            phase.note = f"{SLOW_CLIENTS} clients, half of them without the end of a head, half without that of a body"
        asked, failed = counts.requests - asked, counts.failed - failed
        began = time.monotonic()
        await scene.host.deploy(scene.shortened(scene.before))
        seconds = time.monotonic() - began
    finally:
        for _, writer in clients:
            writer.close()
    heads, bodies = sum(closed[1::2]), sum(closed[::2])
    return (
        f"{SLOW_CLIENTS} clients send half a request and stop. Of the others' {asked} requests {failed} failed. After "
        f"{BODY_SECONDS} s the server has let go {heads} of {len(closed[1::2])} that owe it a head, and {bodies} of "
        f"{len(closed[::2])} that owe it a body; with the rest it was replaced in {seconds:.0f} s"
    )


async def _is_closed(reader: asyncio.StreamReader) -> bool:
    """Does the server end the connection in time, with or without an answer?"""
    with suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(BODY_SECONDS):
            await reader.read()
            return True
    return False


async def _pooler(scene: Scene) -> str:
    direct = scene.attempt.variables["DATABASE_URL"]
    with pooler.pooled(direct) as url:
        alone = await _with_pooler(scene, {"DATABASE_URL": url})
        beside = await _with_pooler(scene, {"DATABASE_URL": url, "DATABASE_DIRECT_URL": direct})
        await scene.host.deploy(scene.shortened(scene.before))  # before the pooler goes
    return f"With the pooler's DATABASE_URL alone: {alone}. With DATABASE_DIRECT_URL beside it: {beside}"


async def _with_pooler(scene: Scene, variables: dict[str, str]) -> str:
    scene.show.say(f"  With {' and '.join(variables)}:")
    failed = scene.public.counts.failed
    try:
        await scene.host.deploy(hurried(scene.made(variables=scene.attempt.variables | variables), HEALTH_SECONDS))
    except DeployFailed as refused:
        errors = [line for line in refused.output if '"level": "error"' in line]
        scene.show.quote((errors or refused.output)[-LOG_LINES:])
        return f"refused at {refused.where.lower()}, since {refused.why}"
    deployed, watchers = f"deployed, {scene.public.counts.failed - failed} requests failed", scene.public.watchers
    if not watchers:
        return deployed
    with scene.show.phase("WebSockets") as phase:
        told = watchers - await scene.public.deaf_watchers()
        phase.note = f"{told} of {watchers} were told of a comment"
    return f"{deployed}, and {told} of {watchers} WebSockets were told of a comment"


def second_address() -> None:
    """Raises NotThereError where this machine has no second address to come from."""
    try:
        with socket.socket() as probe:
            probe.bind((STRANGER, 0))
    except OSError as error:
        raise NotThereError(
            f"This machine has no address {STRANGER}", "run `sudo ifconfig lo0 alias 127.0.0.2`"
        ) from error


UNNOTICED = (
    Unnoticed(
        "rename",
        "a migration renames a column in one step, while the old version runs",
        "Expand, then contract, in three deployments: add a column and write both; read the new one; drop the old one",
        "6.4.6",
        _rename,
    ),
    Unnoticed(
        "clock",
        f"two of three replicas have a clock that is ahead, by {CLOCKS[0]} and by {CLOCKS[1]} seconds",
        "Let the host keep its machines' time, and forgive a token some seconds: `leeway=10` in `jwt.decode`",
        "6.5.5",
        _clock,
    ),
    Unnoticed(
        "pooler",
        "DATABASE_URL leads to a pooler in transaction mode, PgBouncer",
        "Give the server's own address as DATABASE_DIRECT_URL, for the migrations and for LISTEN",
        "6.5.5",
        _pooler,
        pooler.program,
    ),
    Unnoticed(
        "proxy",
        "TRUSTED_PROXIES is not set on the service, which is behind a proxy",
        "Set TRUSTED_PROXIES to the network of the host's own proxies, on Railway 100.64.0.0/10",
        "6.2.9",
        _proxy,
        second_address,
    ),
    Unnoticed(
        "slow-clients",
        "clients send half a request and stop",
        "Put a proxy in front that passes on whole requests alone, and give a body its time in the app too",
        "6.4.5",
        _slow_clients,
    ),
)
