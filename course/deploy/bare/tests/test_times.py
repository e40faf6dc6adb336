"""Times that clients send, and lists in their order."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from databases import Database
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from visitors import Visitor

from app.database.pagination import PageParams, from_cursor, keyset, read_page, to_cursor
from app.models import User
from app.schemas.common import Input, When

EVENING = datetime(2026, 12, 1, 18, tzinfo=UTC)


class Event(Input):
    """A body with a time."""

    starts_at: When


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-12-01T18:00:00Z", EVENING),
        ("2026-12-01t19:00:00.0+01:00", EVENING),
        ("2026-12-01T18:00:00.000001-00:00", EVENING + timedelta(microseconds=1)),
        ("1900-01-01T00:00:00Z", datetime(1900, 1, 1, tzinfo=UTC)),
        ("2999-12-31T23:59:59Z", datetime(2999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_a_time_comes_as_text_with_an_offset_and_is_in_utc(text: str, expected: datetime) -> None:
    got = Event.model_validate({"starts_at": text}).starts_at
    assert (got, got.tzinfo) == (expected, UTC)
    assert TypeAdapter(When).validate_python(text) == expected  # as a parameter of a query


@pytest.mark.parametrize(
    "value",
    [
        "2026-12-01T18:00:00",
        "2026-12-01",
        "2026-12-01 18:00:00Z",
        "2026-12-01T18:00:00Z\n",
        "2026-02-30T18:00:00Z",
        "2026-12-01T18:00:00+24:00",
        "२०२६-12-01T18:00:00Z",
        "1899-12-31T23:59:59Z",
        "3000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "now",
        "infinity",
        "",
        1_764_612_000,
        1.5,
        True,
        None,
        EVENING,
    ],
)
def test_all_else_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError, match="must be a time with an offset"):
        Event.model_validate({"starts_at": value})


async def test_a_list_may_be_in_the_order_of_another_time(
    session: AsyncSession, database: Database, ana: Visitor, bob: Visitor
) -> None:
    await session.execute(update(User).where(User.id == bob.id).values(updated_at=EVENING - timedelta(days=3650)))
    await session.commit()
    query = keyset(select(User.id, User.updated_at), User, by="updated_at")
    first = await read_page(database.writer, query, PageParams(1))
    assert [row.id for row in first.items] == [bob.id]
    assert first.next_position is not None
    after = from_cursor(to_cursor(first.next_position))
    second = await read_page(database.writer, query, PageParams(1, after))
    assert [row.id for row in second.items] == [ana.id]
    assert second.next_position is None
