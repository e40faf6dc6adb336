"""The OpenAPI document: it tells a client all that can happen."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from app.config.settings import Settings

PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}}
INVALID = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/InvalidInput"}}}

PAGE = {"/", "/static/{name}"}
DOCUMENT = {"/openapi.json", "/docs", "/redoc"}  # and what shows it
NOT_IN_THE_DOCUMENT = {f"{method} {path}" for method in ("GET", "HEAD") for path in PAGE | DOCUMENT}
NOT_IN_THE_DOCUMENT |= {"HEAD /health", "HEAD /health/ready", "WEBSOCKET /ws/posts/{post_id}"}

PROMISED = {
    "GET /health": {200},
    "GET /health/ready": {200, 503},
    "POST /auth/register": {201, 409, 413, 422, 503},
    "POST /auth/login": {200, 400, 413, 422, 429, 503},
    "GET /users/me": {200, 401, 503},
    "PATCH /users/me": {200, 401, 413, 422, 503},
    "DELETE /users/me": {204, 400, 401, 413, 422, 429, 503},
    "PUT /users/me/password": {204, 400, 401, 413, 422, 429, 503},
    "GET /users": {200, 422, 503},
    "GET /users/{user_id}": {200, 404, 422, 503},
    "GET /posts": {200, 422, 503},
    "POST /posts": {201, 401, 413, 422, 503},
    "GET /posts/{post_id}": {200, 404, 422, 503},
    "PATCH /posts/{post_id}": {200, 401, 403, 404, 413, 422, 503},
    "DELETE /posts/{post_id}": {204, 401, 403, 404, 422, 503},
    "GET /posts/{post_id}/comments": {200, 404, 422, 503},
    "POST /posts/{post_id}/comments": {201, 401, 404, 413, 422, 503},
    "GET /comments/{comment_id}": {200, 404, 422, 503},
    "PATCH /comments/{comment_id}": {200, 401, 403, 404, 413, 422, 503},
    "DELETE /comments/{comment_id}": {204, 401, 403, 404, 422, 503},
}


@pytest.fixture
async def operations(client: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    document = (await client.get("/openapi.json")).json()
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def statuses(operation: dict[str, Any]) -> set[int]:
    return {int(status) for status in operation["responses"]}


async def test_every_error_is_a_problem_and_every_answer_has_a_request_id(operations: dict[str, Any]) -> None:
    for operation in operations.values():
        for status, response in operation["responses"].items():
            assert "X-Request-ID" in response["headers"]
            if int(status) >= 400:
                assert response["content"] == (INVALID if status == "422" else PROBLEM)


async def test_the_shapes_of_errors_are_ours_and_not_the_frameworks(client: httpx.AsyncClient) -> None:
    shapes = (await client.get("/openapi.json")).json()["components"]["schemas"].keys()
    assert "ErrorBody" in shapes
    assert "HTTPValidationError" not in shapes


async def test_each_operation_names_its_statuses(operations: dict[str, Any]) -> None:
    for name, promised in PROMISED.items():
        assert name in operations
        assert (name, statuses(operations[name])) == (name, promised)


async def test_what_the_document_does_not_name_is_a_fixed_list(app: FastAPI, operations: dict[str, Any]) -> None:
    routes = {
        f"{method} {route.path}"
        for route in iter_route_contexts(app.routes)
        for method in route.methods or {"WEBSOCKET"}
    }
    assert routes - operations.keys() == NOT_IN_THE_DOCUMENT
    assert operations.keys() <= routes


async def test_headers_that_clients_need_are_named(operations: dict[str, Any]) -> None:
    for name, status, header in (
        ("POST /posts", "201", "Location"),
        ("POST /posts/{post_id}/comments", "201", "Location"),
        ("GET /posts", "200", "Link"),
        ("GET /users/me", "401", "WWW-Authenticate"),
        ("GET /posts", "503", "Retry-After"),
        ("POST /auth/login", "429", "Retry-After"),
    ):
        assert header in operations[name]["responses"][status]["headers"]


async def test_protected_operations_say_how_to_authenticate(operations: dict[str, Any]) -> None:
    for operation in operations.values():
        assert ("security" in operation) == (401 in statuses(operation))


async def test_the_version_says_which_commit_it_is_where_the_host_tells(settings: Settings) -> None:
    from app.main import create_app  # only here: importing it reads the settings of the environment

    for commit, version in (("", "0.1.0"), ("0123abc", "0.1.0+0123abc")):
        app = create_app(settings.model_copy(update={"railway_git_commit_sha": commit}))
        assert app.openapi()["info"]["version"] == version


async def test_an_operation_has_its_functions_name(operations: dict[str, Any], app: FastAPI) -> None:
    names = {
        f"{method} {route.path}": route.name
        for route in iter_route_contexts(app.routes)
        for method in route.methods or ()
    }
    assert {name: operation["operationId"] for name, operation in operations.items()} == {
        name: names[name] for name in operations
    }
    assert len({operation["operationId"] for operation in operations.values()}) == len(operations)


@pytest.mark.parametrize("name", ["PostPatch", "CommentPatch", "UserPatch"])
async def test_a_change_may_leave_out_each_field_and_sets_none_by_itself(client: httpx.AsyncClient, name: str) -> None:
    schema = (await client.get("/openapi.json")).json()["components"]["schemas"][name]
    assert "required" not in schema
    for field in schema["properties"].values():
        assert "default" not in field
        assert field["type"] == "string"  # and not null


async def test_every_patch_takes_such_a_change(operations: dict[str, Any]) -> None:
    bodies = {
        operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for name, operation in operations.items()
        if name.startswith("PATCH ")
    }
    assert bodies == {"PostPatch", "CommentPatch", "UserPatch"}
