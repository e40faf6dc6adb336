"""Errors: whatever goes wrong, the client reads the same shape, {"error": "..."}."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request, status
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException

from app.core.errors import DomainError


async def domain_error(request: Request, error: DomainError) -> JSONResponse:
    """An error that we raised ourselves."""
    return JSONResponse({"error": error.message}, error.status, error.headers)


async def http_error(request: Request, error: HTTPException) -> JSONResponse:
    """An error that the framework raised: no such path (404), not with that method (405), no token (401)."""
    if isinstance(error.__cause__, ValueError | RecursionError):  # a body that is not UTF-8, or nested too deep
        return invalid_input([{"loc": ["body"], "msg": "Not readable as JSON"}])
    return JSONResponse({"error": error.detail}, error.status_code, headers_of(request, error))


def headers_of(request: Request, error: HTTPException) -> Mapping[str, str] | None:
    """The error's headers. With a 405 go the methods of every endpoint of the path: Starlette names the first one's."""
    route = request.scope.get("route")  # the pages /docs, /redoc and /openapi.json leave none
    if error.status_code != status.HTTP_405_METHOD_NOT_ALLOWED or route is None:
        return error.headers
    endpoints = (each for each in iter_route_contexts(request.app.routes) if each.path == route.path)
    return {"Allow": ", ".join(sorted({method for each in endpoints for method in each.methods or ()}))}


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


def described(properties: dict[str, Any], example: dict[str, Any]) -> dict[str, Any]:
    """The schema of an object that has all of these properties, with an example."""
    return {"type": "object", "required": list(properties), "properties": properties, "examples": [example]}


def describe_errors(app: FastAPI) -> None:
    """Write into the OpenAPI document which errors there are, and their shape. FastAPI knows its own shape alone.

    It gets an example of a login, too: the form is FastAPI's own, and has none.
    """
    generate = app.openapi
    text = {"type": "string"}
    details = {"type": "array", "items": {"$ref": "#/components/schemas/ErrorDetail"}}
    detail = {"loc": {"type": "array", "items": {"type": ["string", "integer"]}}, "msg": text}
    detail_example = {"loc": ["body", "title"], "msg": "Field required"}
    schemas = {
        "Error": described({"error": text}, {"error": "Note not found"}),
        "ErrorDetail": described(detail, detail_example),
        "InvalidInput": described(
            {"error": text, "details": details}, {"error": "Invalid input", "details": [detail_example]}
        ),
    }
    login_example = {"username": "ana@example.com", "password": "correct horse battery staple"}
    header = {"schema": {"type": "string"}}

    def openapi() -> dict[str, Any]:
        document = generate()
        for unused in ("HTTPValidationError", "ValidationError"):
            document["components"]["schemas"].pop(unused, None)
        document["components"]["schemas"] |= schemas
        document["components"]["schemas"]["Body_login"]["examples"] = [login_example]
        for path, operations in document["paths"].items():
            for operation in operations.values():
                responses = operation["responses"]
                if "security" in operation:
                    responses["401"] = {"description": "Unauthorized", "headers": {"WWW-Authenticate": header}}
                if "{" in path:
                    responses["404"] = {"description": "Not Found"}
                if "201" in responses and f"{path}/{{" in "".join(document["paths"]):
                    responses["201"]["headers"] = {"Location": header}
                for status_code, response in responses.items():
                    if int(status_code) >= 400:
                        name = "InvalidInput" if status_code == "422" else "Error"
                        schema = {"$ref": f"#/components/schemas/{name}"}
                        response["content"] = {"application/json": {"schema": schema}}
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def install_error_handlers(app: FastAPI) -> None:
    """Make these functions answer for the app, and say so in its OpenAPI document."""
    describe_errors(app)
    app.exception_handler(DomainError)(domain_error)
    app.exception_handler(HTTPException)(http_error)
    app.exception_handler(RequestValidationError)(validation_error)
    app.exception_handler(Exception)(unexpected_error)
