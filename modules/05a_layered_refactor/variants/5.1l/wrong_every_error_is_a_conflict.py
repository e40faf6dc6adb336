"""Whatever the database refuses is told as a name that exists."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import Conflict
from app.models import Product


@asynccontextmanager
async def unique_name(session: AsyncSession) -> AsyncIterator[None]:
    try:
        async with session.begin_nested():
            yield
    except DBAPIError as error:
        raise Conflict("A product with this name exists") from error


async def create_product(session: AsyncSession, *, name: str, price: Decimal, quantity: int) -> Product:
    product = Product(name=name, price=price, quantity=quantity)
    async with unique_name(session):
        session.add(product)
    return product
