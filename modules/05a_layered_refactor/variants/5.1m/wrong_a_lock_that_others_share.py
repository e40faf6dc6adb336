"""Two changes at once lock the row both, and then wait for each other: a deadlock."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFound
from app.models import Product
from app.services.products_service import unique_name


async def found(session: AsyncSession, query: Select[Product]) -> Product:
    """The one product that the query finds. Raises NotFound if there is none."""
    product = await session.scalar(query)
    if product is None:
        raise NotFound("Product not found")
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
    product = await found(session, select(Product).where(Product.id == product_id).with_for_update(read=True))
    async with unique_name(session):
        for field, value in changes.items():
            setattr(product, field, value)
    return product


async def delete_product(session: AsyncSession, *, product_id: int) -> None:
    """Delete a product. Raises NotFound."""
    product = await session.get(Product, product_id, with_for_update=True, populate_existing=True)
    if product is None:
        raise NotFound("Product not found")
    await session.delete(product)
    await session.flush()
