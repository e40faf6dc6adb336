"""What holds for the whole API: its OpenAPI document, the size of a body, and what nobody may keep."""

from typing import Any

import pytest

ANA = {"email": "ana@example.com", "password": "correct horse"}
MEGABYTE = b"x" * 1_000_000


@pytest.fixture
def document(bare_app) -> dict[str, Any]:
    """The OpenAPI document: what a program that writes clients reads."""
    return bare_app.openapi()


@pytest.fixture
def operations(document) -> dict[str, dict[str, Any]]:
    """Its operations, each under its method and path."""
    return {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_each_operation_has_the_name_of_its_function(operations):
    assert {name: operation["operationId"] for name, operation in operations.items()}.items() >= {
        "GET /health": "health",
        "POST /auth/register": "register",
        "POST /auth/login": "login",
        "POST /notes": "create_note",
        "GET /notes": "list_notes",
        "GET /notes/{note_id}": "read_note",
        "PATCH /notes/{note_id}": "change_note",
        "DELETE /notes/{note_id}": "delete_note",
    }.items()


def test_each_operation_is_described_and_tagged(operations):
    for name, operation in operations.items():
        assert operation["description"], name
        assert operation["tags"], name


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("POST /auth/register", {"201", "409", "413", "422"}),
        ("POST /auth/login", {"200", "400", "413", "422"}),
        ("GET /notes", {"200", "401", "413", "422"}),
        ("POST /notes", {"201", "401", "413", "422"}),
        ("GET /notes/{note_id}", {"200", "401", "404", "413", "422"}),
        ("PATCH /notes/{note_id}", {"200", "401", "404", "413", "422"}),
        ("DELETE /notes/{note_id}", {"204", "401", "404", "413", "422"}),
        ("GET /products", {"200", "413", "422"}),
        ("POST /products", {"201", "409", "413", "422"}),
        ("GET /products/{product_id}", {"200", "404", "413", "422"}),
        ("PATCH /products/{product_id}", {"200", "404", "409", "413", "422"}),
        ("DELETE /products/{product_id}", {"204", "404", "413", "422"}),
    ],
    ids=[
        "register",
        "login",
        "list",
        "create",
        "read",
        "change",
        "delete",
        "list_products",
        "create_product",
        "read_product",
        "change_product",
        "delete_product",
    ],
)
def test_each_error_is_in_the_document_under_the_name_of_one_schema(document, operations, name, statuses):
    responses = operations[name]["responses"]

    missing = statuses - responses.keys()
    assert missing == set()
    for status, response in responses.items():
        if int(status) >= 400 and status != "413":  # the framework's own words, if the size was declared
            schema = response["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            required = document["components"]["schemas"][schema]["required"]
            assert set(required) == ({"error", "details"} if status == "422" else {"error"})


def test_each_field_and_each_parameter_has_an_example(document, operations):
    fields = {
        f"{name}.{field}": schema
        for name, each in document["components"]["schemas"].items()
        for field, schema in each["properties"].items()
    }
    parameters = {
        f"{name} {each['name']}": each["schema"]
        for name, operation in operations.items()
        for each in operation.get("parameters", [])
    }
    without = [
        name
        for name, schema in (fields | parameters).items()
        if "examples" not in schema and "$ref" not in schema.get("items", {})
    ]
    assert without == []


def test_a_change_needs_no_field_and_has_no_default_so_that_a_client_sends_what_it_names(document, operations):
    body = operations["PATCH /notes/{note_id}"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    schema = document["components"]["schemas"][body.rpartition("/")[2]]

    assert {"title", "content"} - schema["properties"].keys() == set()
    assert schema.get("required", []) == []
    for field in schema["properties"].values():
        assert "default" not in field
        assert field["type"] == "string"  # and not null


def test_the_document_says_which_ids_there_are(operations):
    [note_id] = operations["GET /notes/{note_id}"]["parameters"]

    schema = note_id["schema"]
    assert (schema["type"], schema["minimum"], schema["maximum"]) == ("integer", 1, 2**63 - 1)


async def test_a_body_that_says_it_is_over_2_mb_is_refused(client):
    response = await client.post("/auth/register", content=MEGABYTE * 3)

    assert response.status_code == 413


async def test_a_body_over_2_mb_in_pieces_is_refused_before_it_is_in_memory(client):
    sent = []

    async def pieces():
        for number in range(150):
            sent.append(number)
            yield MEGABYTE

    headers = {"Content-Type": "application/json"}
    response = await client.post("/auth/register", content=pieces(), headers=headers)

    assert response.status_code == 413
    assert len(sent) < 10


async def test_a_note_of_the_largest_size_is_accepted(client, ana):
    text = "\U0001f600" * 20_000

    response = await client.post("/notes", json={"title": text[:200], "content": text})

    assert response.status_code == 201


async def test_nobody_on_the_way_may_keep_a_token_or_a_note(client, note):
    answers = [
        await client.post("/auth/register", json={**ANA, "email": "ben@example.com"}),
        await client.post("/auth/login", data={"username": "ben@example.com", "password": "correct horse"}),
        await client.get("/notes"),
        await client.get(f"/notes/{note.id}"),
        await client.post("/notes", json={"title": "Bread", "content": ""}),
        await client.patch(f"/notes/{note.id}", json={"title": "Bread"}),
    ]

    assert {response.is_success for response in answers} == {True}
    assert {response.headers.get("Cache-Control") for response in answers} == {"no-store"}
