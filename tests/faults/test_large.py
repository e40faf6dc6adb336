"""A blog of 100,000 posts: a search answers within a second wherever its words stand, and a page costs what it did."""

import time

import asyncpg
import httpx
import pytest
from conftest import Serve

from course.environment import async_http
from course.machine import ladder

SECONDS = 1
FILL = """
INSERT INTO users (email, hashed_password, display_name)
    SELECT 'user' || n || '@example.com', '-', 'User ' || n FROM generate_series(1, 100) AS n;
ALTER TABLE posts DISABLE TRIGGER count_in;
INSERT INTO posts (author_id, title, body, created_at)
    SELECT 1 + n % 100, 'Post ' || n,
        'everywhere '
        || CASE WHEN n <= 2000 THEN 'ancient ' WHEN n > 100000 - 2000 THEN 'recent ' ELSE '' END
        || CASE WHEN n <= 50000 THEN 'earlier ' ELSE 'later ' END
        || CASE WHEN n % 1000 = 0 THEN 'scattered ' ELSE '' END
        || (SELECT string_agg('word' || (n * 31 + i * i * 7) % 2000, ' ') FROM generate_series(1, 30) AS i),
        now() - interval '1 minute' * (100000 - n)
    FROM generate_series(1, 100000) AS n;
ALTER TABLE posts ENABLE TRIGGER count_in;
"""
QUERIES = (
    "ancient", "recent", "earlier", "later", "scattered", "everywhere", "nowhere",
    "ancient recent", "ancient or recent", "everywhere -later", "-earlier", "word7 word11", '"word7 word14"',
)  # fmt: skip


@pytest.mark.parametrize("server", ["embedded"], indirect=True)
async def test_a_search_takes_less_than_a_second_wherever_its_words_stand(serve: Serve, database_url: str) -> None:
    slow = []
    with serve() as served:
        connection = await asyncpg.connect(ladder.plain(database_url))
        await connection.execute(FILL, timeout=600)
        await connection.execute("VACUUM ANALYZE posts")
        await connection.close()
        async with async_http(served.url, timeout=60) as client:
            for query in QUERIES:
                for more in ("", "&author_id=7", "&limit=100"):
                    begun = time.perf_counter()
                    answer = await client.get(f"/posts?q={query}{more}")
                    seconds = time.perf_counter() - begun
                    if answer.status_code != httpx.codes.OK or seconds > SECONDS:
                        slow.append((query, more, answer.status_code, round(seconds, 2)))
    assert slow == []
