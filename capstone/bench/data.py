"""The database that is measured on: one of the bench's own, beside the one in DATABASE_URL."""

import asyncio
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import bcrypt

from bench.servers import STAGE, environment

PASSWORD = "correct horse battery"  # noqa: S105 (of people who do not exist)
PEOPLE = 20

FILL = """
INSERT INTO posts (author_id, title, body, created_at)
SELECT 1 + i % 20, 'Post ' || i, repeat('A sentence of a post that somebody might have written. ', 40),
       now() - make_interval(secs => $1::int - i)
FROM generate_series(1, $1::int) AS i
"""
COMMENT = (
    "INSERT INTO comments (post_id, author_id, body) SELECT p, 1 + p % 20, 'Well said.' FROM generate_series(1, $1) p"
)


@asynccontextmanager
async def database(given: str, *, posts: int) -> AsyncIterator[str]:
    """The URL of a new database with so many posts. Dropped at the end; its name ends in `_test`."""
    parts = urlsplit(given.replace("postgresql+asyncpg:", "postgresql:"))
    name = f"bench_{secrets.token_hex(4)}_test"
    url = urlunsplit(parts._replace(path=f"/{name}"))
    server = await asyncpg.connect(urlunsplit(parts))
    try:
        await server.execute(f'CREATE DATABASE "{name}"')
        try:
            await asyncio.to_thread(migrate, url)
            await fill(url, posts)
            yield url
        finally:
            await server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await server.close()


def migrate(url: str) -> None:
    """Make the tables."""
    command = [sys.executable, "-m", "alembic", "upgrade", "head"]
    subprocess.run(command, cwd=STAGE, env=environment(url), check=True, capture_output=True)


async def fill(url: str, posts: int) -> None:
    """Write people, posts and a comment to each of the first twenty."""
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(12)).decode()
    connection = await asyncpg.connect(url)
    try:
        for number in range(1, PEOPLE + 1):
            await connection.execute(
                "INSERT INTO users (email, hashed_password, display_name) VALUES ($1, $2, $3)",
                email_of(number),
                hashed,
                f"Reader {number}",
            )
        await connection.execute(FILL, posts)
        await connection.execute(COMMENT, min(posts, 20))
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def email_of(number: int) -> str:
    return f"reader{number}@example.com"
