"""The block flushes, and the product is made inside it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import is_deadlock, violated_constraint
from app.core.errors import Conflict
from app.models import Product


@asynccontextmanager
async def unique_name(session: AsyncSession) -> AsyncIterator[None]:
    try:
        async with session.begin_nested():
            yield
            await session.flush()
    except DBAPIError as error:
        taken = violated_constraint(error) == "uq_products_name"
        if not taken and not is_deadlock(error):
            raise
        raise Conflict("A product with this name exists") from error


async def create_product(session: AsyncSession, *, name: str, price: Decimal, quantity: int) -> Product:
    async with unique_name(session):
        product = Product(name=name, price=price, quantity=quantity)
        session.add(product)
    return product
