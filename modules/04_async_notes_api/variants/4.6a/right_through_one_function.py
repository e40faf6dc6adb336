"""Both through one function."""

from collections.abc import Mapping

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from core.errors import DomainError


async def domain_error(request: Request, error: DomainError) -> JSONResponse:
    return answer(error.message, error.status_code, error.headers)


async def http_error(request: Request, error: HTTPException) -> JSONResponse:
    if error.status_code == 400:
        return answer("Invalid input", 422, details=[{"loc": ["body"], "msg": "Not JSON"}])
    return answer(str(error.detail), error.status_code, error.headers)


def answer(message: str, status: int, headers: Mapping[str, str] | None = None, **more: object) -> JSONResponse:
    response = JSONResponse({"error": message, **more}, status)
    response.headers.update(headers or {})
    return response
