"""Step 4.8: how the app starts, and how it says that it can't."""

import os
import secrets
import subprocess
import sys

import httpx
import pytest
from asyncpg.exceptions import ProtocolViolationError
from conftest import run_on
from sqlalchemy import make_url, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from core.db import create_tables, make_engine, why_no_database
from core.settings import Settings
from models import User

START_TIMEOUT_SECONDS = 60
UNUSED_PORT = 1  # nobody listens there


async def test_health_answers_without_a_database(bare_app):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(bare_app), base_url="http://test") as client:
        response = await client.get("/health")

    assert response.status_code == 200
    assert response.json() == {"ok": True}


async def test_health_answers_head_as_well(bare_app):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(bare_app), base_url="http://test") as client:
        response = await client.head("/health")

    assert response.status_code == 200


@pytest.fixture
def start(pytestconfig):
    """Start the server and wait until it has ended by itself. Gives its exit status and what it wrote to stderr."""

    def run(*options: str, **variables: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "uvicorn", "main_async:app", "--port", "0", *options]
        environment = {**os.environ, **variables}
        with subprocess.Popen(
            command, cwd=pytestconfig.inipath.parent, env=environment, stderr=subprocess.PIPE, encoding="utf-8"
        ) as server:
            try:
                _, stderr = server.communicate(timeout=START_TIMEOUT_SECONDS)
                sys.stderr.write(stderr)  # pytest shows it if the test fails
            finally:
                server.terminate()  # has an effect only if the start went well, which is a failure here
        return server.returncode, stderr

    return run


def own_lines(stderr: str) -> list[str]:
    """The lines on stderr that are not uvicorn's own."""
    return [line for line in stderr.splitlines() if not line.startswith(("INFO:", "ERROR:"))]


def test_a_bad_variable_ends_the_start_with_one_line_also_with_two_workers(start):
    _, stderr = start("--workers", "2", JWT_SECRET="supersecret")

    assert sorted(set(own_lines(stderr)))[1:] == []  # each worker may say it
    assert "JWT_SECRET" in stderr
    assert "supersecret" not in stderr


def test_a_database_that_is_not_there_ends_the_start_with_one_line(start):
    status, stderr = start(DATABASE_URL=f"postgresql://ana:hunter2@127.0.0.1:{UNUSED_PORT}/notes")

    assert status == 3
    assert own_lines(stderr)[1:] == []
    assert "DATABASE_URL" in stderr
    assert "hunter2" not in stderr


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionRefusedError(111, "Connect call failed"), "Connect call failed"),
        (OSError("Multiple exceptions:\n first,\n second"), "second"),
        (TimeoutError(), "Timeout"),
        (ProtocolViolationError("unsupported startup parameter: search_path"), "search_path"),
    ],
)
def test_a_server_that_does_not_answer_is_told_in_one_line(error, reason):
    line = why_no_database(error)

    assert line.splitlines()[1:] == []
    assert "DATABASE_URL" in line
    assert reason in line


async def test_a_database_that_does_not_exist_is_told_in_one_line(settings):
    url = make_engine(settings).url.set(database="nowhere_test").render_as_string(hide_password=False)
    engine = make_engine(Settings(_env_file=None, database_url=url, jwt_secret="x" * 32))

    with pytest.raises(DBAPIError) as caught:
        await engine.connect()

    line = why_no_database(caught.value)

    assert line.splitlines()[1:] == []
    assert 'database "nowhere_test" does not exist' in line
    await engine.dispose()


@pytest.fixture
async def new_database(given_settings):
    """Makes a database beside the one in DATABASE_URL, and gives its URL; it is dropped at the end."""
    names = []

    async def make(options: str = "") -> str:
        names.append(f"notes_{secrets.token_hex(4)}_test")
        await run_on(given_settings, f'CREATE DATABASE "{names[-1]}" {options}')
        server = make_url(given_settings.database_url.get_secret_value())
        return server.set(database=names[-1]).render_as_string(hide_password=False)

    yield make
    for name in names:
        await run_on(given_settings, f'DROP DATABASE "{name}" WITH (FORCE)')


async def test_an_encoding_that_does_not_hold_every_character_is_told_with_what_to_do(new_database):
    url = await new_database("TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    engine = make_engine(Settings(_env_file=None, database_url=url, jwt_secret="x" * 32))

    with pytest.raises(ValueError, match="LATIN1") as caught:
        await create_tables(engine)
    await engine.dispose()

    line = why_no_database(caught.value)

    assert line.splitlines()[1:] == []
    assert "ENCODING 'UTF8'" in line
    advice_beside_it = line.rpartition("ENCODING 'UTF8'")[2].strip(" .;)")
    assert advice_beside_it == ""


async def test_a_role_that_may_not_create_tables_is_told_with_what_to_do(new_database):
    role = {"server_settings": {"role": "pg_monitor"}}  # one that every server has
    engine = create_async_engine(await new_database(), connect_args=role)

    with pytest.raises(DBAPIError) as caught:
        await create_tables(engine)
    await engine.dispose()

    line = why_no_database(caught.value)

    assert line.splitlines()[1:] == []
    assert "GRANT CREATE ON SCHEMA public" in line
    assert "permission denied" in line
    assert "sqlalche" not in line
    assert "asyncpg" not in line


@pytest.mark.parametrize(
    ("refusing", "advice"),
    [
        ({"search_path": "nowhere"}, "GRANT USAGE, CREATE ON SCHEMA public"),
        ({"default_transaction_read_only": "on"}, "that takes writes"),
    ],
    ids=["no schema", "read-only"],
)
async def test_a_server_that_refuses_tables_is_told_with_what_to_do(new_database, refusing, advice):
    engine = create_async_engine(await new_database(), connect_args={"server_settings": refusing})

    with pytest.raises(DBAPIError) as caught:
        await create_tables(engine)
    await engine.dispose()

    assert advice in why_no_database(caught.value)


async def test_variables_that_the_driver_knows_change_nothing(settings, monkeypatch):
    for name, value in {"PGPORT": "1", "PGHOST": "nowhere.invalid", "PGSSLMODE": "verify-full", "PGUSER": "x"}.items():
        monkeypatch.setenv(name, value)

    engine = make_engine(settings)
    await create_tables(engine)
    await engine.dispose()


async def test_the_tables_are_made_at_the_start_and_a_second_start_keeps_their_rows(committing_app):
    from main_async import lifespan

    async with lifespan(committing_app), committing_app.state.sessionmaker.begin() as session:
        session.add(User(email="ana@example.com", hashed_password="x"))
    async with lifespan(committing_app), committing_app.state.sessionmaker() as session:
        emails = list(await session.scalars(select(User.email)))

    assert emails == ["ana@example.com"]
