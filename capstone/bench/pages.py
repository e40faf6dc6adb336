"""What a page costs far down a list, by OFFSET and by key.

DATABASE_URL=... JWT_SECRET=... python -m bench.pages
"""

import asyncio
import os
import statistics
import time
from collections.abc import Awaitable, Callable
from functools import partial

from pydantic import SecretStr
from sqlalchemy import bindparam
from sqlalchemy.ext.asyncio import create_async_engine

from app.config.values import asyncpg_url
from app.database.pagination import PageParams, Position
from app.database.reader import Reader
from app.models import Post
from app.services.posts_service import ITEMS, list_posts
from bench.data import database
from bench.tables import write

POSTS = 200_000
DEPTHS = (0, 1_000, 10_000, 100_000, 199_900)
ROUNDS = 21
BY_OFFSET = ITEMS.order_by(Post.created_at.desc(), Post.id.desc()).offset(bindparam("depth", 0)).limit(20)


async def milliseconds(*pages: Callable[[], Awaitable[object]]) -> list[float]:
    """The median time of each page of 20. They take turns, so that a noisy moment falls on all of them."""
    times: list[list[float]] = [[] for _ in pages]
    for number in range(ROUNDS + 1):
        for measured, page in zip(times, pages, strict=True):
            begun = time.perf_counter()
            await page()
            if number:  # the first round is to warm up
                measured.append(1000 * (time.perf_counter() - begun))
    return [statistics.median(measured) for measured in times]


def by_key(reader: Reader, after: Position | None = None) -> Callable[[], Awaitable[object]]:
    """The page of 20 after a position, as the app reads it."""
    return lambda: list_posts(reader, author_id=None, q=None, params=PageParams(20, after))


async def by_depth(reader: Reader) -> None:
    """Print what a page costs with so many rows before it."""
    write("| rows before the page | by OFFSET | by key |\n|---:|---:|---:|")
    for depth in DEPTHS:
        before = await reader.rows(BY_OFFSET, depth=depth - 1) if depth else []
        after = Position(before[0].created_at, before[0].id) if before else None
        offset, key = await milliseconds(partial(reader.rows, BY_OFFSET, depth=depth), by_key(reader, after))
        write(f"| {depth:,} | {offset:.1f} ms | {key:.1f} ms |")


async def main() -> None:
    async with database(os.environ["DATABASE_URL"], posts=POSTS) as url:
        address = asyncpg_url(SecretStr(url)).get_secret_value()
        engine = create_async_engine(address, isolation_level="AUTOCOMMIT")
        reader = Reader(engine.sync_engine.connect, seconds=60)
        await by_depth(reader)
        await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main())
