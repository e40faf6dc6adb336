"""The products, for everybody."""

from fastapi import APIRouter

from app.core.error_handlers import InvalidInput

router = APIRouter(prefix="/products", tags=["products"], responses={422: {"model": InvalidInput}})
