"""The OpenAPI document: clients are generated from it, and people read its examples."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from visitor import Visitor

Schema = dict[str, Any]
NAME = re.compile(r"[a-z]+(_[a-z]+)*")


@pytest.fixture(scope="module")
async def document(nobody: Visitor) -> Schema:
    read: Schema = await nobody.read("/openapi.json")
    return read


def operations(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def resolved(document: Schema, schema: Schema) -> Schema:
    """The schema itself, or the named one that it points at."""
    named: Schema = document["components"]["schemas"]
    return named[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def has_example(document: Schema, schema: Schema) -> bool:
    """Whether somebody wrote an example of it, or of each of its parts."""
    if schema.keys() & {"example", "examples", "const", "enum"}:
        return True
    if "$ref" in schema:
        return has_example(document, resolved(document, schema))
    if "items" in schema:
        return has_example(document, schema["items"])
    if "anyOf" in schema:
        return any(has_example(document, each) for each in schema["anyOf"])
    return bool(schema.get("properties")) and all(has_example(document, each) for each in schema["properties"].values())


async def test_an_operation_is_named_by_its_endpoint_function(document: Schema) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    for method, path, operation in operations(document):
        assert NAME.fullmatch(operation["operationId"]), f"{method} {path}"
        generated = re.sub(r"\W", "_", f"{path}_{method}")  # the end of an id that FastAPI makes up by itself
        assert not operation["operationId"].endswith(generated), f"{method} {path}"


async def test_a_patch_changes_nothing_that_its_caller_did_not_name(document: Schema) -> None:
    bodies = [each["requestBody"] for method, _, each in operations(document) if method == "patch"]
    assert bodies
    for body in bodies:
        schema = resolved(document, body["content"]["application/json"]["schema"])
        assert not schema.get("required")
        for name, field in schema["properties"].items():
            assert "default" not in field, name
            assert "null" not in str(field), f"{name} may be left out, and never null"


async def test_each_error_body_is_one_named_schema(document: Schema) -> None:
    for method, path, operation in operations(document):
        for status, response in operation["responses"].items():
            for content in response.get("content", {}).values() if status >= "400" else ():
                assert set(content["schema"]) == {"$ref"}, f"{method} {path} {status}"
                assert resolved(document, content["schema"])


async def test_each_schema_and_each_parameter_has_an_example(document: Schema) -> None:
    named = document["components"]["schemas"]
    assert [name for name, schema in named.items() if not has_example(document, schema)] == []
    for method, path, operation in operations(document):
        for parameter in operation.get("parameters", ()):
            shown = "example" in parameter or "examples" in parameter or has_example(document, parameter["schema"])
            assert shown, f"{method} {path} {parameter['name']}"
