"""A product goes out without its id: nobody can ask for it again."""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema, with_config
from typing_extensions import TypedDict

from app.models.product import PRODUCT_NAME_MAX, QUANTITY_MAX
from app.schemas.common import NO_NUL, STRICT, Input, Output

PRICE = re.compile(r"[0-9]{1,7}(\.[0-9]{1,2})?")  # not \d, which takes the digits of every script
CENT = Decimal("0.01")


def price_from_text(value: object) -> Decimal:
    """The price that a text such as "9.99" writes, with two decimals.

    Raises ValueError for anything else, a number too: 9.99 in JSON is read as a float, and no float is 9.99.
    """
    if not isinstance(value, str) or not PRICE.fullmatch(value):
        raise ValueError('must be a text such as "9.99", from "0" to "9999999.99"')
    return Decimal(value).quantize(CENT)


Name = Annotated[str, Field(min_length=1, max_length=PRODUCT_NAME_MAX, pattern=NO_NUL, examples=["Lamp"])]
Price = Annotated[
    Decimal,
    BeforeValidator(price_from_text),
    WithJsonSchema({"type": "string", "pattern": f"^{PRICE.pattern}$", "examples": ["9.99"]}),
]
Quantity = Annotated[int, Field(ge=0, le=QUANTITY_MAX, examples=[3])]


class ProductCreate(Input):
    """A new product."""

    name: Name
    price: Price
    quantity: Quantity


@with_config(STRICT)
class ProductPatch(TypedDict, total=False):
    """The fields of a product that are to change: a dictionary of those that the client sent, and of no others."""

    name: Name
    price: Price
    quantity: Quantity


class ProductRead(Output):
    """A product, as everybody sees it. Its price goes out as a text, as it came in."""

    name: str = Field(examples=["Lamp"])
    price: Decimal = Field(examples=["9.99"])
    quantity: int = Field(examples=[3])
