"""Announcing a change to all who watch: PostgreSQL keeps it until the transaction is committed, or forgets it."""

from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from sqlalchemy import ARRAY, CTE, ColumnElement, Text, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

CHANNEL = "blog_live"

Kind = Literal["comment.created", "comment.updated", "comment.deleted", "post.deleted"]

NOTIFY = select(func.pg_notify(CHANNEL, func.unnest(bindparam("payloads", type_=ARRAY(Text)))))


@dataclass(frozen=True, slots=True)
class Change:
    """Something happened to a post or to a comment of it. Only ids: who hears of it reads the rest, as it is then."""

    kind: Kind
    post_id: int
    comment_id: int = 0

    def payload(self) -> str:
        """Write the change as one line, far below the 7,999 bytes that an announcement may have."""
        return f"{self.kind} {self.post_id} {self.comment_id}"

    @classmethod
    def from_payload(cls, payload: str) -> "Change":
        """Read such a line. Raises ValueError for any other: the channel is open to whoever has the database."""
        kind, post_id, comment_id = payload.split(" ")
        if kind not in get_args(Kind):
            raise ValueError(kind)
        return cls(cast(Kind, kind), int(post_id), int(comment_id))


def announcement(kind: Kind, rows: CTE) -> ColumnElement[Any]:
    """A column that tells of each of these rows of comments, in the statement that changes them."""
    return func.pg_notify(CHANNEL, func.concat_ws(" ", kind, rows.c.post_id, rows.c.id))


async def announce(session: AsyncSession, *changes: Change) -> None:
    """Tell every process of changes, when and if the session's transaction is committed."""
    await session.execute(NOTIFY, {"payloads": [change.payload() for change in changes]})
