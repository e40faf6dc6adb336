"""Pages by key: "the twenty after this one" costs the same at any depth, and stays true while others write."""

import base64
import binascii
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import BigInteger, DateTime, Row, Select, SQLColumnExpression, bindparam, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.errors import InvalidField

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
POSITION = struct.Struct(">qq")  # microseconds since EPOCH, id
CHECKSUM = struct.Struct(">L")


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a list that is ordered by time, and by id where times are equal."""

    created_at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some items of a list. `next_cursor` leads to those after them, and is None on the last page."""

    items: Sequence[dict[str, Any]]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Listing:
    """A list to page through: the statement of its first page, and the one of a page after a position.

    Both are built once, at import: building a SELECT costs more than running it.
    """

    name: str
    first: Select[*tuple[Any, ...]]
    after: Select[*tuple[Any, ...]]


def listing(
    name: str,
    rows: Select[*tuple[Any, ...]],
    place: tuple[SQLColumnExpression[datetime], SQLColumnExpression[int]],
    *,
    newest_first: bool = False,
) -> Listing:
    """Order the rows by their place, a time and an id, which an index on both must serve; and cut pages out of them."""
    position = tuple_(
        bindparam("position_created_at", type_=DateTime(timezone=True)), bindparam("position_id", type_=BigInteger)
    )
    order = [column.desc() for column in place] if newest_first else place
    beyond = tuple_(*place) < position if newest_first else tuple_(*place) > position
    ordered = rows.order_by(*order).limit(bindparam("limit", type_=BigInteger))
    return Listing(name, ordered, ordered.where(beyond))


async def read_page(
    connection: AsyncConnection,
    listing: Listing,
    parameters: Mapping[str, Any] = MappingProxyType({}),
    *,
    limit: int,
    cursor: str | None,
) -> tuple[Sequence[Row[*tuple[Any, ...]]], str | None]:
    """Return a page's rows, and the cursor of the next page if there is one, by a single statement.

    It asks for one row more than it returns: whether that comes tells if there is a next page.
    """
    # A list of Ana's posts is another list than one of Bob's, and a cursor is good for one list.
    name = "&".join([listing.name, *(f"{key}={value}" for key, value in sorted(parameters.items()))])
    statement, values = listing.first, {**parameters, "limit": limit + 1}
    if cursor is not None:
        position = from_cursor(cursor, name)
        values |= {"position_created_at": position.created_at, "position_id": position.id}
        statement = listing.after
    rows = (await connection.execute(statement, values)).all()
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], to_cursor(Position(last.created_at, last.id), name)


def to_cursor(position: Position, listing: str) -> str:
    """Return the position as opaque text for the client, good for one list."""
    data = POSITION.pack((position.created_at - EPOCH) // MICROSECOND, position.id)
    return base64.urlsafe_b64encode(CHECKSUM.pack(_checksum(data, listing)) + data).decode().rstrip("=")


def from_cursor(cursor: str, listing: str) -> Position:
    """Return the position that a cursor stands for.

    Raises InvalidField for text that we did not make. The checksum catches mistakes and cursors of other lists: whoever
    forges one only chooses where to start reading.
    """
    try:
        raw = base64.b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        (checksum,), data = CHECKSUM.unpack(raw[: CHECKSUM.size]), raw[CHECKSUM.size :]
        microseconds, row_id = POSITION.unpack(data)
        position = Position(EPOCH + microseconds * MICROSECOND, row_id)
    except (binascii.Error, ValueError, struct.error, OverflowError):
        raise InvalidField("/query/cursor", "This is not a cursor of this API.") from None
    if checksum != _checksum(data, listing) or cursor != to_cursor(position, listing):
        raise InvalidField("/query/cursor", "This is not a cursor of this list.")
    return position


def _checksum(data: bytes, listing: str) -> int:
    return zlib.crc32(data, zlib.crc32(listing.encode()))
