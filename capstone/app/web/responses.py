"""Answers that several routers give alike."""

from typing import TypeVar
from urllib.parse import quote, urlencode

from fastapi import Request, Response
from pydantic import BaseModel

from app.database.pagination import Page, to_cursor

Shape = TypeVar("Shape", bound=BaseModel)


def page_of(shape: type[Shape], page: Page, request: Request, response: Response) -> Shape:
    """Return a page for the client, with a header that leads to the next one (RFC 8288), under the same query."""
    next_cursor = to_cursor(page.next_position) if page.next_position else None
    if next_cursor is not None:
        query = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        next_page = f"{quote(request.scope['path'])}?{urlencode([*query, ('cursor', next_cursor)])}"
        response.headers["Link"] = f'<{next_page}>; rel="next"'
    names = page.items[0]._fields if page.items else ()
    items = [dict(zip(names, row, strict=True)) for row in page.items]  # read by attribute it takes twice as long
    return shape.model_validate({"items": items, "next_cursor": next_cursor})


def url_path(request: Request, path: str) -> str:
    """Return a path of this app as a header names it: percent-encoded, and below the root path.

    There is no host in it: behind a proxy, the host that we see is not always the one that the client knows.
    """
    return quote(request.scope.get("root_path", "") + path)
