"""Keyset pagination: "the twenty after this one" costs the same at any depth, and stays true while others write."""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from sqlalchemy import Select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.base import Base
from app.schemas.common import row_id

Item = TypeVar("Item", bound=Base)
Selected = TypeVar("Selected")


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a list that is ordered by time, and by id where times are equal."""

    created_at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class PageParams:
    """Which page is asked for: at most `limit` items, after a position, or from the beginning."""

    limit: int
    after: Position | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items of a list. `next_position` is that of the last one, and None on the last page."""

    items: Sequence[Item]
    next_position: Position | None


def keyset(
    query: Select[Selected], row: type[Base], params: PageParams, *, newest_first: bool = False
) -> Select[Selected]:
    """Return the query for one page, and for one row more. An index on both columns has to serve the order."""
    order = (row.created_at, row.id)
    if params.after is not None:
        after = (params.after.created_at, params.after.id)
        query = query.where(tuple_(*order) < after if newest_first else tuple_(*order) > after)
    return query.order_by(*(each.desc() if newest_first else each for each in order)).limit(params.limit + 1)


async def read_page(session: AsyncSession, query: Select[Item], params: PageParams) -> Page[Item]:
    """Return the page that a `keyset` query asks for, by one statement: the row more tells whether there is another."""
    rows = (await session.scalars(query)).all()
    if len(rows) <= params.limit:
        return Page(rows, None)
    last = rows[params.limit - 1]
    return Page(rows[: params.limit], Position(last.created_at, last.id))


def to_cursor(position: Position) -> str:
    """Return the position as opaque text for the client: its time in UTC and its id, in base64 without `=`."""
    text = f"{position.created_at.astimezone(UTC).isoformat()},{position.id}"
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def from_cursor(cursor: str) -> Position:
    """Return the position that a cursor stands for. Raises ValueError for a text that `to_cursor` does not make."""
    try:
        text = b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        created_at, _, row = text.partition(",")
        position = Position(datetime.fromisoformat(created_at), row_id(row))
        if to_cursor(position) == cursor:
            return position
    except (ValueError, OverflowError):
        pass
    raise ValueError("is not a cursor of this API")
