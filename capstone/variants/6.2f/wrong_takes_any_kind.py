"""Whatever stands first in the line is taken for a kind of change."""

from typing import cast

from app.services.announcements import Kind


class Change:
    """As in the stage, but for what it reads."""

    @classmethod
    def from_payload(cls, payload: str) -> "Change":
        """Read such a line. Raises ValueError for any other: the channel is open to whoever has the database."""
        kind, post_id, comment_id = payload.split(" ")
        return cls(cast(Kind, kind), int(post_id), int(comment_id))
