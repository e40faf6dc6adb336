"""The errors have names of their own, and the answers are built in other words."""

from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from app.core.error_handlers import ErrorBody, InvalidInput
from app.core.session import SessionDep
from app.routers.dependencies import Limit, Offset
from app.schemas.common import Id
from app.schemas.products import ProductCreate, ProductPatch, ProductRead
from app.services import products_service

router = APIRouter(prefix="/products", tags=["products"], responses={422: {"model": InvalidInput}})
TAKEN: dict[int | str, dict[str, object]] = {409: {"model": ErrorBody}}
GONE: dict[int | str, dict[str, object]] = {404: {"model": ErrorBody}}


@router.post("", status_code=201, responses=TAKEN)
async def create_product(new: ProductCreate, session: SessionDep, request: Request, response: Response) -> ProductRead:
    """Offer a product."""
    product = await products_service.create_product(session, name=new.name, price=new.price, quantity=new.quantity)
    response.headers["Location"] = quote(request.url_for("read_product", product_id=product.id).path)
    return ProductRead.model_validate(product)


@router.get("")
async def list_products(session: SessionDep, limit: Limit = 50, offset: Offset = 0) -> list[ProductRead]:
    """All products, newest first."""
    products = await products_service.list_products(session, limit=limit, offset=offset)
    return [ProductRead.model_validate(product) for product in products]


@router.get("/{product_id}", responses=GONE)
async def read_product(product_id: Id, session: SessionDep) -> ProductRead:
    """One product."""
    return ProductRead.model_validate(await products_service.read_product(session, product_id=product_id))


@router.patch("/{product_id}", responses=GONE | TAKEN)
async def change_product(product_id: Id, changes: ProductPatch, session: SessionDep) -> ProductRead:
    """Change a product's name, its price, its quantity, or any of them."""
    product = await products_service.change_product(session, product_id=product_id, **changes)
    return ProductRead.model_validate(product)


@router.delete("/{product_id}", status_code=204, responses=GONE)
async def delete_product(product_id: Id, session: SessionDep) -> None:
    """Delete a product."""
    await products_service.delete_product(session, product_id=product_id)
