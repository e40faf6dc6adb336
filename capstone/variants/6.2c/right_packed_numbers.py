"""Two numbers, packed: what is no such pair is a ValueError too."""

import struct
from base64 import b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta

from app.database.pagination import Position
from app.schemas.common import row_id

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_cursor(position: Position) -> str:
    """Return the position as opaque text for the client: its time in UTC and its id, in base64 without `=`."""
    microseconds = (position.created_at - EPOCH) // timedelta(microseconds=1)
    return urlsafe_b64encode(struct.pack(">qq", microseconds, position.id)).decode().rstrip("=")


def from_cursor(cursor: str) -> Position:
    """Return the position that a cursor stands for. Raises ValueError for a text that `to_cursor` does not make."""
    try:
        packed = b64decode(cursor.encode() + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        microseconds, row = struct.unpack(">qq", packed)
        position = Position(EPOCH + timedelta(microseconds=microseconds), row_id(str(row)))
        if to_cursor(position) == cursor:
            return position
    except (ValueError, OverflowError, struct.error):
        pass
    raise ValueError("is not a cursor of this API")
