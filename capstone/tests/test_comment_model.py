"""The table of comments, as its model describes it."""

import pytest
from sqlalchemy import Table, inspect

from app.models import Base, Comment
from app.models.comment import COMMENT_BODY_MAX


@pytest.fixture
def table() -> Table:
    """The table that the model stands for."""
    return Base.metadata.tables["comments"]


def test_the_model_has_the_table_comments_with_the_columns_of_every_row(table: Table) -> None:
    assert Comment.__table__ is table
    assert set(table.columns.keys()) >= {"id", "post_id", "author_id", "body", "created_at", "updated_at"}


@pytest.mark.parametrize("name", ["post_id", "author_id", "body"])
def test_a_comment_is_never_without_its_post_its_author_or_its_body(table: Table, name: str) -> None:
    assert not table.columns[name].nullable


def test_a_body_of_10000_characters_has_room(table: Table) -> None:
    assert COMMENT_BODY_MAX == 10_000
    length = getattr(table.columns["body"].type, "length", None)
    assert length is None or length >= COMMENT_BODY_MAX


@pytest.mark.parametrize(("name", "parent"), [("post_id", "posts"), ("author_id", "users")])
def test_a_comment_goes_when_its_post_or_its_author_goes(table: Table, name: str, parent: str) -> None:
    [key] = table.columns[name].foreign_keys
    assert key.target_fullname == f"{parent}.id"
    ondelete = (key.ondelete or "").upper()
    assert ondelete == "CASCADE"


@pytest.mark.parametrize("name", ["post_id", "author_id"])
def test_each_foreign_key_has_the_name_by_which_a_service_knows_it(table: Table, name: str) -> None:
    [key] = table.columns[name].foreign_keys
    assert key.constraint is not None
    assert key.constraint.name == f"fk_comments_{name}"


@pytest.mark.parametrize("columns", [["post_id", "created_at", "id"], ["author_id"]])
def test_an_index_serves_a_thread_in_reading_order_and_one_the_comments_of_somebody(
    table: Table, columns: list[str]
) -> None:
    assert columns in [[column.name for column in index.columns][: len(columns)] for index in table.indexes]


@pytest.mark.parametrize("name", ["post", "author"])
def test_what_was_not_asked_for_is_never_loaded(name: str) -> None:
    assert inspect(Comment).relationships[name].lazy in ("raise", "raise_on_sql")
