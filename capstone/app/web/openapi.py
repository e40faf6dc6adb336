"""The OpenAPI document: it names every status, media type and header that a client can meet."""

from typing import Any

from fastapi import FastAPI

from app.web.error_handlers import MEDIA_TYPE
from app.web.request_id import REQUEST_ID_HEADER


def header(name: str, description: str, kind: str = "string") -> dict[str, Any]:
    """Describe a header of an answer."""
    return {name: {"description": description, "schema": {"type": kind}}}


REQUEST_ID = header(REQUEST_ID_HEADER, "The id of this request in our log.")
RETRY_AFTER = header("Retry-After", "Seconds to wait before trying again.", "integer")
OF_STATUS = {
    "401": header("WWW-Authenticate", "How to authenticate."),
    "429": RETRY_AFTER,
    "503": RETRY_AFTER,
}
# Headers of successful answers, for `responses=`.
CREATED: dict[int | str, dict[str, Any]] = {201: {"headers": header("Location", "Where the new thing is.")}}
PAGE: dict[int | str, dict[str, Any]] = {200: {"headers": header("Link", "The next page, while there is one.")}}


def complete_openapi(app: FastAPI) -> None:
    """Add to the app's OpenAPI document what FastAPI can't know: the media type of errors, and headers."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        responses = [
            each
            for operations in document["paths"].values()
            for operation in operations.values()
            for each in operation["responses"].items()
        ]
        for status, response in responses:
            response.setdefault("headers", {}).update(REQUEST_ID | OF_STATUS.get(status, {}))
            if status >= "400":
                response["content"] = {MEDIA_TYPE: next(iter(response["content"].values()))}
        return document

    app.openapi = openapi  # type: ignore[method-assign]
