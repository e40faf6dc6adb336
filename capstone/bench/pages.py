"""What a page costs far down a list: by OFFSET, and by key.

DATABASE_URL=... JWT_SECRET=... python -m bench.pages
"""

import asyncio
import os
import statistics
import sys
import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.core.database_url import connection_options
from app.models import Post
from app.services.posts import LISTINGS
from bench.data import database

POSTS = 200_000
DEPTHS = (0, 1_000, 10_000, 100_000, 199_900)
ROUNDS = 21
LISTING = LISTINGS[frozenset()]
NEWEST = select(Post.created_at, Post.id).order_by(Post.created_at.desc(), Post.id.desc())


async def milliseconds(connection: AsyncConnection, page: Select[Any], parameters: Mapping[str, Any]) -> float:
    """The median time of a page of 20, the first one left out."""
    times = []
    for _ in range(ROUNDS + 1):
        begun = time.perf_counter()
        rows = (await connection.execute(page, {**parameters, "limit": 20})).all()
        times.append(1000 * (time.perf_counter() - begun))
        assert len(rows) == 20
    return statistics.median(times[1:])


async def main() -> None:
    async with database(os.environ["DATABASE_URL"], posts=POSTS) as url:
        address, arguments = connection_options(url)
        engine = create_async_engine(address, connect_args=arguments, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            sys.stdout.write("| rows before the page | by OFFSET | by key |\n|---:|---:|---:|\n")
            for depth in DEPTHS:
                by_offset = await milliseconds(connection, LISTING.first.offset(depth), {})
                page, position = LISTING.first, {}
                if depth:
                    last = (await connection.execute(NEWEST.offset(depth - 1).limit(1))).one()
                    page, position = LISTING.after, {"position_created_at": last.created_at, "position_id": last.id}
                by_key = await milliseconds(connection, page, position)
                sys.stdout.write(f"| {depth:,} | {by_offset:.1f} ms | {by_key:.1f} ms |\n")
        await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main())
