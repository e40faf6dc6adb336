"""Every SQLSTATE that the capstone takes for "not now", provoked on a live server: 503, and 200 once it is over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
import httpx
import pytest
from conftest import Serve
from served import PATIENT
from writers import is_try_again, new_post

from course.environment import async_http
from course.machine import ladder

# One of each class that only a server in trouble raises by itself, raised in its place for every new comment.
RAISED = (
    "08006",
    "25P03",
    "40001",
    "40P01",
    "53100",
    "53200",
    "53400",
    "55P03",
    "57014",
    "57P01",
    "57P03",
    "58000",
    "58030",
)
RAISE = """
CREATE OR REPLACE FUNCTION trouble() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'trouble' USING ERRCODE = '{}'; END $$;
CREATE OR REPLACE TRIGGER trouble BEFORE INSERT ON comments FOR EACH ROW EXECUTE FUNCTION trouble();
"""
CUT = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()"


@dataclass(frozen=True)
class Trouble:
    """How a database is brought into a state, and out of it, by whoever runs the server. Both may name {database}."""

    begin: str
    end: str


NOBODY, EVERYBODY = (f'ALTER DATABASE "{{database}}" ALLOW_CONNECTIONS {word}' for word in ("false", "true"))
READ_ONLY = "ALTER ROLE {{role}} {} default_transaction_read_only {}"

# What happens to a connection as it is made. All that there are are cut first. A database that is gone (3D000) is the
# stage's own tests' to try.
AT_CONNECT = {
    "28000": Trouble("ALTER ROLE {role} NOLOGIN", "ALTER ROLE {role} LOGIN"),
    "53300": Trouble("ALTER ROLE {role} CONNECTION LIMIT 0", "ALTER ROLE {role} CONNECTION LIMIT -1"),
    "55000": Trouble(NOBODY, EVERYBODY),
    "25006": Trouble(READ_ONLY.format("SET", "= on"), READ_ONLY.format("RESET", "")),
}


@pytest.fixture
async def owner(server: object, database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """Whoever runs the server, connected beside the blog's database."""
    connection = await asyncpg.connect(ladder.plain(server.url))  # type: ignore[attr-defined]
    yield connection
    await connection.close()


@asynccontextmanager
async def writer(url: str) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    async with async_http(url, timeout=15) as client:
        yield client, await new_post(client) + "/comments"


async def test_what_a_server_in_trouble_raises_is_a_503_and_passes(serve: Serve, database_url: str) -> None:
    connection = await asyncpg.connect(ladder.plain(database_url))
    with serve() as served:
        async with writer(served.url) as (client, comments):
            for state in RAISED:
                await connection.execute(RAISE.format(state))
                answer = await client.post(comments, json={"body": "A remark"})
                assert is_try_again(answer), (state, answer.status_code)
            await connection.execute("DROP TRIGGER trouble ON comments")
            assert (await client.post(comments, json={"body": "A remark"})).status_code == 201
    await connection.close()


async def test_a_stale_plan_is_tried_again_and_no_client_notices(serve: Serve, database_url: str) -> None:
    connection = await asyncpg.connect(ladder.plain(database_url))
    with serve(workers=2, **PATIENT) as served:
        async with writer(served.url) as (client, comments):
            for length in range(250, 256):
                await asyncio.gather(*(client.get("/posts") for _ in range(20)))  # each connection has its plan
                await connection.execute(f"ALTER TABLE posts ALTER COLUMN title TYPE varchar({length})")
                await connection.execute(f"ALTER TABLE users ALTER COLUMN display_name TYPE varchar({length})")
                answers = await asyncio.gather(
                    *(client.get("/posts") for _ in range(10)),
                    *(client.post(comments, json={"body": "A remark"}) for _ in range(10)),
                )
                assert {answer.status_code for answer in answers} == {200, 201}
    await connection.close()


@pytest.mark.parametrize("state", AT_CONNECT)
async def test_a_database_that_lets_nobody_in_is_a_503_and_passes(
    serve: Serve, database_url: str, owner: asyncpg.Connection, state: str
) -> None:
    name = database_url.partition("?")[0].rpartition("/")[2]
    role = f"role_{state.lower()}"
    names = {"database": name, "role": role}
    await owner.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'secret' IN ROLE pg_read_all_data, pg_write_all_data")
    with serve() as migrated:
        pass
    host = database_url.partition("@")[2]
    with serve(DATABASE_URL=f"postgresql://{role}:secret@{host}") as served:
        async with writer(served.url) as (client, comments):
            assert (await client.post(comments, json={"body": "A remark"})).status_code == 201
            await owner.execute(CUT, name)
            await owner.execute(AT_CONNECT[state].begin.format(**names))
            await owner.execute(CUT, name)
            answer = await client.post(comments, json={"body": "A remark"})
            await owner.execute(AT_CONNECT[state].end.format(**names))
            await owner.execute(CUT, name)
            assert is_try_again(answer), (state, answer.status_code, answer.text)
            async with asyncio.timeout(10):
                while (  # noqa: ASYNC110 (nothing calls when the database is back)
                    await client.post(comments, json={"body": "A remark"})
                ).status_code != 201:
                    await asyncio.sleep(0.1)
    assert migrated.url
    await owner.execute(f"DROP OWNED BY {role}")
    await owner.execute(f"DROP ROLE {role}")
