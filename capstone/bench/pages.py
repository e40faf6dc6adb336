"""What a page costs far down a list, by OFFSET and by key; and what it costs to count the comments of a popular post.

DATABASE_URL=... JWT_SECRET=... python -m bench.pages
"""

import asyncio
import os
import statistics
import time
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from sqlalchemy import Select, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.config.database_url import connection_options
from app.models import Post
from app.services.posts import LISTINGS
from bench.data import database
from bench.tables import write

POSTS = 200_000
DEPTHS = (0, 1_000, 10_000, 100_000, 199_900)
CROWDS = (0, 1_000, 10_000, 100_000)
ROUNDS = 21
LISTING = LISTINGS[frozenset()]
NEWEST = select(Post.created_at, Post.id).order_by(Post.created_at.desc(), Post.id.desc())

COMMENTS = text(
    "INSERT INTO comments (post_id, author_id, body)"
    " SELECT (SELECT max(id) FROM posts), 1, 'Well said.' FROM generate_series(1, CAST(:number AS integer))"
)


async def milliseconds(
    connection: AsyncConnection, *pages: tuple[Select[*tuple[Any, ...]], Mapping[str, Any]]
) -> list[float]:
    """The median time of each page of 20. They take turns, so that a noisy moment falls on all of them."""
    times: list[list[float]] = [[] for _ in pages]
    for number in range(ROUNDS + 1):
        for measured, (page, parameters) in zip(times, pages, strict=True):
            begun = time.perf_counter()
            rows = (await connection.execute(page, {**parameters, "limit": 20})).all()
            assert len(rows) == 20
            if number:  # the first round is to warm up
                measured.append(1000 * (time.perf_counter() - begun))
    return [statistics.median(measured) for measured in times]


async def by_depth(connection: AsyncConnection) -> None:
    """Print what a page costs with so many rows before it."""
    write("| rows before the page | by OFFSET | by key |\n|---:|---:|---:|")
    for depth in DEPTHS:
        by_key: tuple[Select[*tuple[Any, ...]], Mapping[str, Any]] = (LISTING.first, {})
        if depth:
            last = (await connection.execute(NEWEST.offset(depth - 1).limit(1))).one()
            by_key = (LISTING.after, {"position_created_at": last.created_at, "position_id": last.id})
        offset, key = await milliseconds(connection, (LISTING.first.offset(depth), {}), by_key)
        write(f"| {depth:,} | {offset:.1f} ms | {key:.1f} ms |")


async def by_crowd(connection: AsyncConnection) -> None:
    """Print what the first page costs with so many comments below its first post."""
    write("\n| comments below one post of the page | the page |\n|---:|---:|")
    for before, crowd in pairwise((0, *CROWDS)):
        await connection.execute(COMMENTS, {"number": crowd - before})
        await connection.execute(text("VACUUM ANALYZE comments"))
        (page,) = await milliseconds(connection, (LISTING.first, {}))
        write(f"| {crowd:,} | {page:.1f} ms |")


async def main() -> None:
    async with database(os.environ["DATABASE_URL"], posts=POSTS) as url:
        address, arguments = connection_options(url)
        engine = create_async_engine(address, connect_args=arguments, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await by_depth(connection)
            await by_crowd(connection)
        await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main())
