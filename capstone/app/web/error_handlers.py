"""Errors: whatever goes wrong, the client reads the same shape, problem details (RFC 9457)."""

import json
import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response, status
from fastapi.exceptions import RequestValidationError, WebSocketRequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from app.database.faults import DATABASE_ERRORS, is_stale_plan, is_transient, why_no_database
from app.errors import DomainError, Unavailable
from app.web.request_log import REQUEST_ID_HEADER, protective_headers, request_id
from app.web.responses import MEDIA_TYPE

ERRORS_SHOWN_MAX, POINTER_LENGTH_MAX = 20, 200

logger = logging.getLogger(__name__)


def problem(status: int, detail: str, *, headers: Any = None, errors: Sequence[dict[str, str]] = ()) -> Response:
    """Return an error as a response. Its type is about:blank, so its title is the status's own phrase."""
    content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    # ASCII, because a field's name that a client made up may hold half a surrogate pair, which UTF-8 can't.
    body = json.dumps(content | ({"errors": errors} if errors else {}))
    return Response(body, status_code=status, headers=headers, media_type=MEDIA_TYPE)


def invalid(errors: Sequence[dict[str, str]]) -> Response:
    """Return a 422 about these errors."""
    return problem(422, "The request is not valid; see errors.", errors=errors)


async def domain_error(request: Request, error: DomainError) -> Response:
    """Answer an error of our own, with its message, its status and its headers."""
    return problem(error.status, error.message, headers=error.headers)


async def database_error(request: Request, error: Exception) -> Response:
    """Answer 503 for every way in which a database can be away, full or held up. Raises what is our own mistake."""
    if is_stale_plan(error):
        raise error  # the request is run again
    if what := request.app.state.report(error):
        return await domain_error(request, Unavailable(f"The database will not do: {what}."))
    if is_transient(error):
        logger.warning(why_no_database(error, request.app.state.engine.url))
        return await domain_error(request, Unavailable())
    raise error


async def http_error(request: Request, error: HTTPException) -> Response:
    """Answer an error of the framework: its detail, status code and headers. A body that can't be read is a 422."""
    if error.status_code == status.HTTP_400_BAD_REQUEST and error.__cause__ is not None:
        # By its encoding, by five thousand digits, by ten thousand brackets: to the client these are one thing.
        return invalid([{"pointer": "/body", "detail": "This body can't be read"}])
    headers = error.headers
    if error.status_code == status.HTTP_405_METHOD_NOT_ALLOWED and "route" in request.scope:
        # Starlette names only the methods of the first route with this path.
        path = request.scope["route"].path
        routes = [route for route in iter_route_contexts(request.app.routes) if route.path == path]
        headers = {"Allow": ", ".join(sorted({method for route in routes for method in route.methods or ()}))}
    return problem(error.status_code, str(error.detail), headers=headers)


async def validation_error(request: Request, error: RequestValidationError) -> Response:
    """Answer bad input: a 422 with an InvalidInput, what is wrong and where. No value: it may be a password."""
    errors = []
    for each in error.errors()[:ERRORS_SHOWN_MAX]:
        is_json = each["type"] != "json_invalid"
        parts = (str(part).replace("~", "~0").replace("/", "~1") for part in (each["loc"] if is_json else ["body"]))
        pointer = "".join(f"/{part}" for part in parts)[:POINTER_LENGTH_MAX]  # RFC 6901
        detail = each["msg"].removeprefix("Value error, ") if is_json else "This is not JSON"
        errors.append({"pointer": pointer, "detail": detail})
    return invalid(errors)


async def no_such_socket(connection: HTTPConnection, error: WebSocketRequestValidationError) -> Response:
    """Refuse a WebSocket at an address that can be nobody's, by an answer that has all that others have."""
    return problem(404, "There is nothing to watch here.")


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """Raise the 404 for what no route answers. Starlette's own closes a WebSocket without a word."""
    raise HTTPException(404)


async def unexpected_error(request: Request, error: Exception) -> Response:
    """Answer a mistake of ours. The client learns no more than that; the server writes the traceback to its log."""
    # Starlette calls this one outside all middleware, so no header is added there. Then it raises the error again, and
    # the server logs it and cuts the connection: "close" tells the client not to send its next request into the void.
    headers = {REQUEST_ID_HEADER: request_id.get(), "Connection": "close", **protective_headers(request.scope)}
    return problem(500, "Something went wrong here. It is not your fault, and it is in our log.", headers=headers)


def install_error_handlers(app: FastAPI) -> None:
    """Make these functions answer for the app."""
    app.exception_handler(DomainError)(domain_error)
    app.exception_handler(HTTPException)(http_error)
    app.exception_handler(RequestValidationError)(validation_error)
    app.exception_handler(WebSocketRequestValidationError)(no_such_socket)
    app.exception_handler(Exception)(unexpected_error)
    app.router.default = not_found
    for kind in DATABASE_ERRORS:
        app.exception_handler(kind)(database_error)
