"""Keyset pagination: "the twenty after this one" costs the same at any depth, and stays true while others write."""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, tuple_

from app.database.reader import AnyRow, Reader
from app.models.base import MAX_ID, Base
from app.schemas.common import row_id


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a list that is ordered by time, and by id where times are equal."""

    created_at: datetime
    id: int


# By these values SQLAlchemy sends parameters as wide as an id, a bigint. A small one would make it an integer.
OLDEST = Position(datetime.min.replace(tzinfo=UTC), -MAX_ID)
NEWEST = Position(datetime.max.replace(tzinfo=UTC), MAX_ID)


@dataclass(frozen=True, slots=True)
class PageParams:
    """Which page is asked for: at most `limit` items, after a position, or from the beginning."""

    limit: int
    after: Position | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a list. `next_position` is that of the last one, and None on the last page."""

    items: Sequence[AnyRow]
    next_position: Position | None


@lru_cache  # to build a query costs more than to run it: one that is a constant is built once
def keyset(query: Select[Any], row: type[Base], *, newest_first: bool = False) -> Select[Any]:
    """Return the query for any page of a list: so many `rows` after `created_at` and `id`, or from the beginning.

    An index on both columns has to serve the order.
    """
    order = (row.created_at, row.id)
    start = NEWEST if newest_first else OLDEST
    after = tuple_(bindparam("created_at", start.created_at), bindparam("id", start.id))
    query = query.where(tuple_(*order) < after if newest_first else tuple_(*order) > after)
    return query.order_by(*(each.desc() if newest_first else each for each in order)).limit(bindparam("rows", 0))


async def read_page(reader: Reader, query: Select[Any], params: PageParams, **values: object) -> Page:
    """Return the page that a `keyset` query asks for, by one statement. One row more tells whether there is another."""
    after = asdict(params.after) if params.after else {}
    rows = await reader.rows(query, **values, **after, rows=params.limit + 1)
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
