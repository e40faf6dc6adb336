"""Products."""

from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, Identity, Integer, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base

PRODUCT_NAME_MAX = 200
PRICE_DIGITS = 9  # in all, of which
PRICE_DECIMALS = 2
QUANTITY_MAX = 2**31 - 1  # the largest INTEGER


class Product(Base):
    """Something for sale. NUMERIC keeps a price as it was written; a float would keep something near it."""

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("price >= 0", name="price_not_negative"),
        CheckConstraint("quantity >= 0", name="quantity_not_negative"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(PRODUCT_NAME_MAX), unique=True)
    price: Mapped[Decimal] = mapped_column(Numeric(PRICE_DIGITS, PRICE_DECIMALS))
    quantity: Mapped[int] = mapped_column(Integer)
