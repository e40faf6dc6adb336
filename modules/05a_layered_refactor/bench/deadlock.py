"""How often do products that want each other's names wait for each other?

Run it in the stage's folder: python -m bench.deadlock
"""

import asyncio
import sys
from collections import Counter
from decimal import Decimal

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core.db import is_deadlock
from app.core.errors import Conflict
from app.core.settings import load_settings
from app.models import Base
from app.services import products_service
from sandbox import beside, database, truncated

PRODUCTS = 8  # all of them change at once, each to its partner's name
ROUNDS = 300


async def rename(sessions: async_sessionmaker[AsyncSession], product_id: int, name: str) -> str:
    """How one change ends: done, name taken, or a deadlock."""
    try:
        async with sessions.begin() as session:
            await products_service.change_product(session, product_id=product_id, name=name)
    except Conflict as conflict:
        cause = conflict.__cause__
        return "deadlock" if isinstance(cause, DBAPIError) and is_deadlock(cause) else "name taken"
    return "done"


async def one_round(sessions: async_sessionmaker[AsyncSession], number: int) -> list[str]:
    """Make new products in pairs, and let the two of each pair swap names, all at the same time."""
    names = [f"product {number}.{each}" for each in range(PRODUCTS)]
    async with sessions.begin() as session:
        products = [
            await products_service.create_product(session, name=name, price=Decimal(1), quantity=1) for name in names
        ]
    wishes = [(product.id, names[index ^ 1]) for index, product in enumerate(products)]
    return await asyncio.gather(*(rename(sessions, product_id, name) for product_id, name in wishes))


async def main() -> None:
    """Count how the changes end."""
    given = load_settings()
    ends: Counter[str] = Counter()
    async with database(given, beside(given)) as engine:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with truncated(engine) as sessions:
            for number in range(ROUNDS):
                ends.update(await one_round(sessions, number))
    told = ", ".join(f"{end} {count}" for end, count in ends.most_common())
    sys.stdout.write(f"{PRODUCTS * ROUNDS} changes: {told}\n")


if __name__ == "__main__":
    asyncio.run(main())
