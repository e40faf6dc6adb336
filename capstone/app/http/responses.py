"""Answers that several routers give alike."""

from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request, Response
from pydantic import TypeAdapter

from app.database.pagination import Page


def json_response(shape: TypeAdapter[Any], content: object) -> Response:
    """Write content as JSON in the given shape.

    Returning a finished response spares FastAPI its own pass over it, which counts where the same few reads make up
    most of the traffic.
    """
    return Response(shape.dump_json(shape.validate_python(content)), media_type="application/json")


def page_response(request: Request, shape: TypeAdapter[Any], page: Page) -> Response:
    """Write a page, with a link to the next one (RFC 8288) that keeps the other query parameters."""
    response = json_response(shape, page)
    if page.next_cursor is not None:
        query = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        path = url_path(request, request.scope["route"].path.format(**request.path_params))
        next_page = f"{path}?{urlencode([*query, ('cursor', page.next_cursor)])}"
        response.headers["Link"] = f'<{next_page}>; rel="next"'
    return response


def url_path(request: Request, path: str) -> str:
    """Return a path of this app as a header names it: percent-encoded, and below the root path.

    There is no host in it: behind a proxy, the host that we see is not always the one that the client knows.
    """
    return quote(request.scope.get("root_path", "") + path)
