"""The bodies made by their schemas."""

from fastapi import Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from core.errors import DomainError, ErrorBody, InvalidField, InvalidInput


async def domain_error(request: Request, error: DomainError) -> JSONResponse:
    body = ErrorBody(error=error.message).model_dump()
    return JSONResponse(content=body, status_code=error.status_code, headers=error.headers)


async def http_error(request: Request, error: HTTPException) -> JSONResponse:
    if error.status_code != 400:
        body = ErrorBody(error=error.detail)
        return JSONResponse(content=body.model_dump(), status_code=error.status_code, headers=error.headers)
    problem = InvalidField(loc=["body"], msg="Can't be read as JSON")
    return JSONResponse(InvalidInput(error="Invalid input", details=[problem]).model_dump(), status_code=422)
