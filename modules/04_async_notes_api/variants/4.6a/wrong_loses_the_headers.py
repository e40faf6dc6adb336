"""The message and the status are carried over, the headers are not."""

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from core.errors import DomainError


async def domain_error(request: Request, error: DomainError) -> JSONResponse:
    return JSONResponse({"error": error.message}, error.status_code)


async def http_error(request: Request, error: HTTPException) -> JSONResponse:
    if error.status_code == 400:
        return JSONResponse({"error": "Invalid input", "details": [{"loc": ["body"], "msg": "Not readable"}]}, 422)
    return JSONResponse({"error": error.detail}, error.status_code)
