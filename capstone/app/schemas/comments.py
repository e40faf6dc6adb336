"""Comments."""

from typing import Annotated

from pydantic import Field

from app.limits import COMMENT_BODY_MAX
from app.schemas.common import Author, Id, Incoming, Moment, Outgoing, Text

Body = Annotated[Text, Field(min_length=1, max_length=COMMENT_BODY_MAX, examples=["Thank you, that helped."])]


class CommentCreate(Incoming):
    """A new comment."""

    body: Body


class CommentUpdate(Incoming):
    """What to change. A field that is left out stays as it is; null is not the same as left out, and is refused."""

    body: Body = Field(default_factory=str)


class CommentRead(Outgoing):
    """A comment."""

    id: Id
    post_id: Id
    body: Annotated[str, Field(examples=["Thank you, that helped."])]
    author: Author
    created_at: Moment
    updated_at: Moment
