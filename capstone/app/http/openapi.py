"""The OpenAPI document: it names every status, media type and header that a client can meet."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from app.http.error_handlers import MEDIA_TYPE
from app.http.request_id import REQUEST_ID_HEADER

PROBLEM = {
    "title": "Problem",
    "description": "What went wrong, as RFC 9457 writes it.",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "const": "about:blank"},
        "title": {"type": "string", "examples": ["Not Found"]},
        "status": {"type": "integer", "examples": [404]},
        "detail": {"type": "string", "examples": ["There is no post 17."]},
        "errors": {
            "description": "With status 422: where in the request something is wrong, and what.",
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {"type": "string", "examples": ["/body/title"]},
                    "detail": {"type": "string", "examples": ["Field required"]},
                },
            },
        },
    },
}
HEADERS: dict[str, dict[str, Any]] = {
    REQUEST_ID_HEADER: {"description": "The id of this request in our log.", "schema": {"type": "string"}},
    "Location": {"description": "Where the new thing is.", "schema": {"type": "string"}},
    "Link": {"description": "The next page, while there is one.", "schema": {"type": "string"}},
    "WWW-Authenticate": {"description": "How to authenticate.", "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds to wait before trying again.", "schema": {"type": "integer"}},
}
# Headers of successful answers, for `responses=`.
CREATED: dict[int | str, dict[str, Any]] = {201: {"headers": {"Location": HEADERS["Location"]}}}
PAGE: dict[int | str, dict[str, Any]] = {200: {"headers": {"Link": HEADERS["Link"]}}}

HEADER_OF_STATUS = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Declare which problems an endpoint answers with, for `responses=`."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    declared: dict[int | str, dict[str, Any]] = {}
    for status in statuses:
        headers = {name: HEADERS[name] for name in [HEADER_OF_STATUS.get(status)] if name}
        declared[status] = {"description": HTTPStatus(status).phrase, "content": content, "headers": headers}
    return declared


def complete_openapi(app: FastAPI) -> None:
    """Add to the app's OpenAPI document what FastAPI can't know."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        document["components"]["schemas"]["Problem"] = PROBLEM
        for operations in document["paths"].values():
            for operation in operations.values():
                for response in operation["responses"].values():
                    response.setdefault("headers", {})[REQUEST_ID_HEADER] = HEADERS[REQUEST_ID_HEADER]
        return document

    app.openapi = openapi  # type: ignore[method-assign]
