"""What answers have in common: their headers, the body of an error, and the OpenAPI document, which names them all."""

from typing import Any, Literal, TypeVar
from urllib.parse import quote, urlencode

from fastapi import Request, Response
from pydantic import BaseModel, Field

from app.database.pagination import Page, to_cursor
from app.web.request_log import REQUEST_ID_HEADER

MEDIA_TYPE = "application/problem+json"
Schema = TypeVar("Schema", bound=BaseModel)


class ErrorBody(BaseModel):
    """The body of every error answer. A 422 has `errors` as well."""

    type: Literal["about:blank"]
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no post 17."])


class InvalidField(BaseModel):
    """One thing that is wrong with a request: where, and what. It never holds the value that was sent."""

    pointer: str = Field(examples=["/body/title"])
    detail: str = Field(examples=["Field required"])


class InvalidInput(ErrorBody):
    """The body of a 422: the request is not what the schema asks for."""

    errors: list[InvalidField]


def header(name: str, description: str, kind: str = "string") -> dict[str, Any]:
    """Describe a header of an answer."""
    return {name: {"description": description, "schema": {"type": kind}}}


REQUEST_ID = header(REQUEST_ID_HEADER, "The id of this request in our log.")
RETRY_AFTER = header("Retry-After", "Seconds to wait before trying again.", "integer")
OF_STATUS = {"401": header("WWW-Authenticate", "How to authenticate."), "429": RETRY_AFTER, "503": RETRY_AFTER}
# Headers of successful answers, for `responses=`.
CREATED: dict[int | str, dict[str, Any]] = {201: {"headers": header("Location", "Where the new thing is.")}}
PAGE: dict[int | str, dict[str, Any]] = {200: {"headers": header("Link", "The next page, while there is one.")}}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Declare which errors an endpoint answers with, for `responses=`."""
    return {each: {"model": InvalidInput if each == 422 else ErrorBody} for each in statuses}


def completed(document: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI document with what FastAPI can't know: the media type of errors, and headers."""
    operations = [each for path in document["paths"].values() for each in path.values()]
    for status, response in (each for operation in operations for each in operation["responses"].items()):
        response.setdefault("headers", {}).update(REQUEST_ID | OF_STATUS.get(status, {}))
        if status >= "400":
            response["content"] = {MEDIA_TYPE: next(iter(response["content"].values()))}
    return document


def page_of(schema: type[Schema], page: Page, request: Request, response: Response) -> Schema:
    """Return a page for the client, with a header that leads to the next one (RFC 8288), under the same query."""
    next_cursor = to_cursor(page.next_position) if page.next_position else None
    if next_cursor is not None:
        query = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        next_page = f"{quote(request.scope['path'])}?{urlencode([*query, ('cursor', next_cursor)])}"
        response.headers["Link"] = f'<{next_page}>; rel="next"'
    names = page.items[0]._fields if page.items else ()
    items = [dict(zip(names, row, strict=True)) for row in page.items]  # read by attribute it takes twice as long
    return schema.model_validate({"items": items, "next_cursor": next_cursor})


def url_path(request: Request, path: str) -> str:
    """Return a path as a header names it: below the root path, and without a host, which a proxy may call otherwise."""
    return quote(request.scope.get("root_path", "") + path)
