"""Errors: whatever goes wrong, the client reads the same shape, {"error": "..."}."""

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import IntegrityError
from starlette.exceptions import HTTPException

from core.db import violated_constraint


class ErrorBody(BaseModel):
    """The body of every error answer. A 422 has `details` as well."""

    error: str = Field(examples=["Note not found"])


class InvalidField(BaseModel):
    """One thing that is wrong with a request: where, and what. It never holds the value that was sent."""

    loc: list[str | int] = Field(examples=[["body", "title"]])
    msg: str = Field(examples=["String should have at least 1 character"])


class InvalidInput(ErrorBody):
    """The body of a 422: the request is not what the schema asks for."""

    details: list[InvalidField]


class DomainError(Exception):
    """Something that our own rules forbid. Its message is for the client."""

    def __init__(self, message: str, status_code: int = 400, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message, self.status_code, self.headers = message, status_code, headers


async def domain_error(request: Request, error: DomainError) -> JSONResponse:
    """Answer an error of our own: an ErrorBody with its message, its status code and its headers."""
    return JSONResponse({"error": error.message}, error.status_code, error.headers)


async def http_error(request: Request, error: HTTPException) -> JSONResponse:
    """Answer an error of the framework: its detail, status code and headers. A 400 becomes a 422 about the body."""
    if error.status_code == 400:  # FastAPI's word for a body that it can't read: bad input, like any other
        return JSONResponse({"error": "Invalid input", "details": [{"loc": ["body"], "msg": "Not readable"}]}, 422)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def validation_error(request: Request, error: RequestValidationError) -> JSONResponse:
    """Answer bad input: a 422 with an InvalidInput, each problem's loc and msg. No value: it may be a password."""
    details = [{"loc": each["loc"], "msg": each["msg"].removeprefix("Value error, ")} for each in error.errors()]
    return JSONResponse({"error": "Invalid input", "details": details}, 422)


async def integrity_error(request: Request, error: IntegrityError) -> JSONResponse:
    """Answer 401 for a note of a user who was deleted meanwhile. Raises what is our own mistake."""
    if violated_constraint(error) != "fk_notes_owner_id":
        raise error
    return JSONResponse({"error": "Invalid or expired token"}, 401, {"WWW-Authenticate": "Bearer"})


async def unexpected_error(request: Request, error: Exception) -> JSONResponse:
    """Answer a mistake of ours. The client learns no more than that; the server writes the traceback to its log."""
    return JSONResponse({"error": "Internal server error"}, 500)


def install_error_handlers(app: FastAPI) -> None:
    """Make these functions answer for the app."""
    app.exception_handler(DomainError)(domain_error)
    app.exception_handler(HTTPException)(http_error)
    app.exception_handler(RequestValidationError)(validation_error)
    app.exception_handler(IntegrityError)(integrity_error)
    app.exception_handler(Exception)(unexpected_error)
