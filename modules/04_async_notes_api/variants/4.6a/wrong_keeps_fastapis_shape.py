"""The framework's errors keep the framework's shape: a client needs to know two."""

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException


async def http_error(request: Request, error: HTTPException) -> JSONResponse:
    return JSONResponse({"detail": error.detail}, error.status_code, error.headers)
