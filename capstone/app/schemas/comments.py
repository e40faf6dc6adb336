"""Comments."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from app.core.limits import COMMENT_BODY_MAX
from app.schemas.common import Author, Incoming, Outgoing, Text


class CommentWrite(Incoming):
    """A comment's text, new or changed."""

    body: Annotated[Text, Field(min_length=1, max_length=COMMENT_BODY_MAX)]


class CommentRead(Outgoing):
    """A comment."""

    id: int
    post_id: int
    body: str
    author: Author
    created_at: datetime
    updated_at: datetime
