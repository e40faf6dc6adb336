"""What a page costs far down a list, by OFFSET and by key; and what it costs to count the comments of a popular post.

DATABASE_URL=... JWT_SECRET=... python -m bench.pages
"""

import asyncio
import os
import statistics
import time
from collections.abc import Awaitable, Callable
from itertools import pairwise

from pydantic import SecretStr
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from app.config.values import asyncpg_url
from app.database.pagination import PageParams, Position
from app.models import Post
from app.services.posts_service import AS_ITEM, list_posts
from bench.data import database
from bench.tables import write

POSTS = 200_000
DEPTHS = (0, 1_000, 10_000, 100_000, 199_900)
CROWDS = (0, 1_000, 10_000, 100_000)
ROUNDS = 21
NEWEST = select(Post).order_by(Post.created_at.desc(), Post.id.desc())

COMMENTS = text(
    "INSERT INTO comments (post_id, author_id, body)"
    " SELECT (SELECT max(id) FROM posts), 1, 'Well said.' FROM generate_series(1, CAST(:number AS integer))"
)


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


def by_key(session: AsyncSession, after: Position | None = None) -> Callable[[], Awaitable[object]]:
    """The page of 20 after a position, as the app reads it."""
    return lambda: list_posts(session, author_id=None, q=None, params=PageParams(20, after))


async def by_depth(session: AsyncSession) -> None:
    """Print what a page costs with so many rows before it."""
    write("| rows before the page | by OFFSET | by key |\n|---:|---:|---:|")
    for depth in DEPTHS:
        last = await session.scalar(NEWEST.offset(depth - 1).limit(1)) if depth else None
        page = NEWEST.options(*AS_ITEM).offset(depth).limit(20)
        after = Position(last.created_at, last.id) if last else None
        offset, key = await milliseconds(lambda page=page: session.scalars(page), by_key(session, after))  # type: ignore[misc]
        write(f"| {depth:,} | {offset:.1f} ms | {key:.1f} ms |")


async def by_crowd(session: AsyncSession) -> None:
    """Print what the first page costs with so many comments below its first post."""
    write("\n| comments below one post of the page | the page |\n|---:|---:|")
    for before, crowd in pairwise((0, *CROWDS)):
        await session.execute(COMMENTS, {"number": crowd - before})
        await session.execute(text("VACUUM ANALYZE comments"))
        (page,) = await milliseconds(by_key(session))
        write(f"| {crowd:,} | {page:.1f} ms |")


async def main() -> None:
    async with database(os.environ["DATABASE_URL"], posts=POSTS) as url:
        address = asyncpg_url(SecretStr(url)).get_secret_value()
        engine = create_async_engine(address, isolation_level="AUTOCOMMIT")
        async with AsyncSession(engine) as session:
            await by_depth(session)
            await by_crowd(session)
        await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main())
