"""Errors as clients see them: problem details (RFC 9457), all built in this file and nowhere else."""

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException

from app.errors import DomainError, InvalidField
from app.http.request_id import REQUEST_ID_HEADER, protective_headers, request_id

MEDIA_TYPE = "application/problem+json"
ERRORS_SHOWN_MAX = 20
POINTER_LENGTH_MAX = 200


def install_problem_handlers(app: FastAPI) -> None:
    """Answer every error with a problem."""
    app.add_exception_handler(DomainError, _domain_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(Exception, _unexpected_error)


def problem(
    status: int,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    errors: Iterable[Mapping[str, str]] | None = None,
) -> Response:
    """Return a problem as a response. Its type is about:blank, so its title is the status's own phrase."""
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors is not None:
        content["errors"] = list(errors)
    # ASCII, because a field's name that a client made up may hold half a surrogate pair, which UTF-8 can't.
    return Response(json.dumps(content), status_code=status, headers=headers, media_type=MEDIA_TYPE)


async def _domain_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)
    errors = [{"pointer": error.pointer, "detail": error.detail}] if isinstance(error, InvalidField) else None
    return problem(error.status, error.detail, headers=error.headers, errors=errors)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.BAD_REQUEST and error.__cause__ is not None:
        # FastAPI's answer to a body that breaks the JSON reader otherwise than by its grammar: invalid UTF-8, a number
        # of five thousand digits, ten thousand brackets. To the client these are one thing.
        return _invalid([{"pointer": "/body", "detail": "This body can't be read"}])
    headers = error.headers
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED and "route" in request.scope:  # FastAPI's; /docs has none
        headers = {"Allow": ", ".join(_allowed_methods(request))}
    return problem(error.status_code, str(error.detail), headers=headers)


async def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _invalid({"pointer": _pointer(e), "detail": _explanation(e)} for e in error.errors()[:ERRORS_SHOWN_MAX])


async def _unexpected_error(request: Request, error: Exception) -> Response:
    # Starlette calls this one outside all middleware, so no header is added there. Then it raises the error again, and
    # the server logs it and cuts the connection: "close" tells the client not to send its next request into the void.
    headers = {REQUEST_ID_HEADER: request_id.get(), "Connection": "close", **protective_headers(request.scope)}
    return problem(500, "Something went wrong here. It is not your fault, and it is in our log.", headers=headers)


def _invalid(errors: Iterable[Mapping[str, str]]) -> Response:
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "The request is not valid; see errors.", errors=errors)


def _pointer(error: Mapping[str, Any]) -> str:
    """Return where in the request the error is, as a JSON pointer (RFC 6901) such as /body/title or /query/limit."""
    location = error["loc"][:1] if error["type"] == "json_invalid" else error["loc"]
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in location)
    return "".join(f"/{part}" for part in parts)[:POINTER_LENGTH_MAX]


def _explanation(error: Mapping[str, Any]) -> str:
    """Return what is wrong, without the value that is: `input` may be a password, and so may what `ctx` quotes."""
    if error["type"] == "json_invalid":
        return "This is not JSON"
    return str(error["msg"])


def _allowed_methods(request: Request) -> list[str]:
    """Collect the methods of every route with this path. Starlette names only those of the first."""
    path = request.scope["route"].path
    routes = (route for route in iter_route_contexts(request.app.routes) if route.path == path)
    return sorted({method for route in routes for method in route.methods or ()})
