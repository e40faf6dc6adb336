"""Products: each name is there once, and no two changes undo each other."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal

from sqlalchemy import Select, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.db import is_deadlock, violated_constraint
from app.core.errors import Conflict, NotFound
from app.models import Product


@asynccontextmanager
async def unique_name(session: AsyncSession) -> AsyncIterator[None]:
    """Send what is changed inside this block to the database. Raises Conflict if a name is taken by then.

    The unique constraint decides: it sees what other requests write at this very moment, and no check before it could.
    Two products that want each other's names wait for each other, and PostgreSQL ends one of them: for that one the
    name is taken too. The savepoint undoes the block alone, so that the transaction can go on.
    """
    try:
        async with session.begin_nested():
            yield
    except DBAPIError as error:
        if violated_constraint(error) == "uq_products_name" or is_deadlock(error):
            raise Conflict("A product with this name exists") from error
        raise


async def found(session: AsyncSession, query: Select[Product]) -> Product:
    """The one product that the query finds. Raises NotFound if there is none."""
    product = await session.scalar(query)
    if product is None:
        raise NotFound("Product not found")
    return product


async def create_product(session: AsyncSession, *, name: str, price: Decimal, quantity: int) -> Product:
    """Offer a product. Raises Conflict if there is one of that name."""
    product = Product(name=name, price=price, quantity=quantity)
    async with unique_name(session):
        session.add(product)
    return product


async def list_products(session: AsyncSession, *, limit: int, offset: int) -> Sequence[Product]:
    """All products, newest first."""
    query = select(Product).order_by(Product.id.desc()).limit(limit).offset(offset)
    return (await session.scalars(query)).all()


async def read_product(session: AsyncSession, *, product_id: int) -> Product:
    """One product. Raises NotFound."""
    return await found(session, select(Product).where(Product.id == product_id))


async def change_product(session: AsyncSession, *, product_id: int, **changes: str | Decimal | int) -> Product:
    """Change some fields of a product, and leave the others to whoever changes them now. Raises NotFound, Conflict."""
    product = await found(session, select(Product).where(Product.id == product_id).with_for_update())
    async with unique_name(session):
        for field, value in changes.items():
            setattr(product, field, value)
    return product


async def delete_product(session: AsyncSession, *, product_id: int) -> None:
    """Delete a product. Raises NotFound."""
    product = await found(session, select(Product).where(Product.id == product_id).with_for_update())
    await session.delete(product)
    await session.flush()
