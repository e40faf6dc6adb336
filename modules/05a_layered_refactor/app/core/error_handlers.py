"""Errors: whatever goes wrong, the client reads the same shape, {"error": "..."}."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from app.core.errors import DomainError


async def domain_error(request: Request, error: DomainError) -> JSONResponse:
    """An error that we raised ourselves."""
    return JSONResponse({"error": error.message}, error.status, error.headers)


async def http_error(request: Request, error: HTTPException) -> JSONResponse:
    """An error that the framework raised: no such path (404), not with that method (405), no token (401)."""
    if isinstance(error.__cause__, ValueError | RecursionError):  # a body that is not UTF-8, or nested too deep
        return invalid_input([{"loc": ["body"], "msg": "Not readable as JSON"}])
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def validation_error(request: Request, error: RequestValidationError) -> JSONResponse:
    """Input that is not what the schema asks for: which field, and why. Never the value: it may be a password."""
    return invalid_input(
        [{"loc": each["loc"], "msg": each["msg"].removeprefix("Value error, ")} for each in error.errors()]
    )


async def unexpected_error(request: Request, error: Exception) -> JSONResponse:
    """A mistake of ours. The client learns no more than that; the server writes the traceback to its log."""
    return JSONResponse({"error": "Internal server error"}, 500)


def invalid_input(details: list[dict[str, object]]) -> JSONResponse:
    return JSONResponse({"error": "Invalid input", "details": details}, 422)


def install_error_handlers(app: FastAPI) -> None:
    """Make these functions answer for the app."""
    app.exception_handler(DomainError)(domain_error)
    app.exception_handler(HTTPException)(http_error)
    app.exception_handler(RequestValidationError)(validation_error)
    app.exception_handler(Exception)(unexpected_error)
