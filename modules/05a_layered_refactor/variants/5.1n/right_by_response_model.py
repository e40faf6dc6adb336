"""FastAPI makes the answers of the rows, by the response model."""

from collections.abc import Sequence
from urllib.parse import quote

from fastapi import APIRouter, Request, Response, status

from app.core.error_handlers import ErrorBody, InvalidInput
from app.core.session import SessionDep
from app.models import Product
from app.routers.dependencies import Limit, Offset
from app.schemas.common import Id
from app.schemas.products import ProductCreate, ProductPatch, ProductRead
from app.services import products_service

router = APIRouter(prefix="/products", tags=["products"], responses={422: {"model": InvalidInput}})


@router.post("", status_code=status.HTTP_201_CREATED, responses={409: {"model": ErrorBody}})
async def create_product(new: ProductCreate, session: SessionDep, request: Request, response: Response) -> ProductRead:
    """Offer a product."""
    product = await products_service.create_product(session, name=new.name, price=new.price, quantity=new.quantity)
    response.headers["Location"] = quote(request.url_for("read_product", product_id=product.id).path)
    return ProductRead.model_validate(product)


@router.get("", response_model=list[ProductRead])
async def list_products(session: SessionDep, limit: Limit = 50, offset: Offset = 0) -> Sequence[Product]:
    """All products, newest first."""
    return await products_service.list_products(session, limit=limit, offset=offset)


@router.get("/{product_id}", responses={404: {"model": ErrorBody}})
async def read_product(product_id: Id, session: SessionDep) -> ProductRead:
    """One product."""
    product = await products_service.read_product(session, product_id=product_id)
    return ProductRead.model_validate(product)


@router.patch("/{product_id}", responses={404: {"model": ErrorBody}, 409: {"model": ErrorBody}})
async def change_product(product_id: Id, changes: ProductPatch, session: SessionDep) -> ProductRead:
    """Change a product's name, its price, its quantity, or any of them."""
    product = await products_service.change_product(session, product_id=product_id, **changes)
    return ProductRead.model_validate(product)


@router.delete("/{product_id}", status_code=status.HTTP_204_NO_CONTENT, responses={404: {"model": ErrorBody}})
async def delete_product(product_id: Id, session: SessionDep) -> None:
    """Delete a product."""
    await products_service.delete_product(session, product_id=product_id)
