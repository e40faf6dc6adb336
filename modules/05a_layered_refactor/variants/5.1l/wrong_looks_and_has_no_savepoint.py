"""It asks first, and translates a refusal, too; but no savepoint keeps the transaction alive after it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import is_deadlock, violated_constraint
from app.core.errors import Conflict
from app.models import Product


@asynccontextmanager
async def unique_name(session: AsyncSession) -> AsyncIterator[None]:
    try:
        yield
        await session.flush()
    except DBAPIError as error:
        if violated_constraint(error) == "uq_products_name" or is_deadlock(error):
            raise Conflict("A product with this name exists") from error
        raise


async def create_product(session: AsyncSession, *, name: str, price: Decimal, quantity: int) -> Product:
    if await session.scalar(select(Product).where(Product.name == name)):
        raise Conflict("A product with this name exists")
    product = Product(name=name, price=price, quantity=quantity)
    async with unique_name(session):
        session.add(product)
    return product
