"""The product is stored, and the caller gets None."""

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
    except DBAPIError as error:
        if violated_constraint(error) == "uq_products_name" or is_deadlock(error):
            raise Conflict("A product with this name exists") from error
        raise


async def create_product(session: AsyncSession, *, name: str, price: Decimal, quantity: int) -> None:
    product = Product(name=name, price=price, quantity=quantity)
    async with unique_name(session):
        session.add(product)
