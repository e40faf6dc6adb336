"""The schemas of comments, without an app and without a database."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from app.schemas.comments import CommentCreate, CommentPatch, CommentRead

SHAPE = {"id", "post_id", "body", "author", "created_at", "updated_at"}
MOMENT = datetime(2026, 11, 28, 20, 15, tzinfo=UTC)
ANA = {"id": 7, "display_name": "Ana", "email": "ana@example.com"}
PATCH: TypeAdapter[Any] = TypeAdapter(CommentPatch)
NO_BODIES = ["", "a" * 10_001, "a\x00b", None, 5, ["a"]]
NO_BODIES_ARE = ["empty", "too long", "a NUL", "null", "a number", "a list"]


@pytest.mark.parametrize("body", ["a", " 😀\n", "😀" * 10_000])
def test_a_body_is_taken_as_it_is_sent(body: str) -> None:
    assert CommentCreate.model_validate({"body": body}).body == body
    assert dict(PATCH.validate_python({"body": body})) == {"body": body}


@pytest.mark.parametrize("schema", [CommentCreate, CommentPatch])
@pytest.mark.parametrize("body", NO_BODIES, ids=NO_BODIES_ARE)
def test_a_body_that_is_empty_too_long_or_no_text_is_refused(schema: type, body: object) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(schema).validate_python({"body": body})
    assert "a" * 50 not in str(refused.value)  # what was sent is not repeated


@pytest.mark.parametrize("schema", [CommentCreate, CommentPatch])
def test_an_unknown_field_is_refused(schema: type) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(schema).validate_python({"body": "Hello", "author_id": 1})


def test_a_new_comment_needs_a_body_and_a_change_may_name_nothing() -> None:
    with pytest.raises(ValidationError):
        CommentCreate.model_validate({})
    assert dict(PATCH.validate_python({})) == {}


@pytest.mark.parametrize("author", [ANA, SimpleNamespace(**ANA)], ids=["as a column", "as an object"])
def test_a_comment_is_read_from_a_row_and_tells_of_its_author_what_everybody_may_know(author: object) -> None:
    row = SimpleNamespace(
        id=17, post_id=3, body="Hello", author=author, author_id=7, created_at=MOMENT, updated_at=MOMENT
    )
    read = CommentRead.model_validate(row).model_dump(mode="json")
    assert read.keys() >= SHAPE
    assert (read["id"], read["post_id"], read["body"]) == (17, 3, "Hello")
    assert read["created_at"] == "2026-11-28T20:15:00Z"
    assert read["author"].items() >= {"id": 7, "display_name": "Ana"}.items()
    assert "email" not in read["author"]


@pytest.mark.parametrize("schema", [CommentCreate, CommentPatch, CommentRead])
def test_the_documentation_has_an_example_of_each_field(schema: type) -> None:
    for name, field in TypeAdapter(schema).json_schema()["properties"].items():
        assert "examples" in field or "$ref" in field, f"{name} has none"
