"""A change takes null, and then the row has no body."""

from typing import Annotated

from pydantic import Field

from app.models.comment import COMMENT_BODY_MAX
from app.schemas.common import NO_NUL, Author, Input, Moment, Output, RowId

BODY_EXAMPLE = "Thank you, that helped."
Body = Annotated[str, Field(min_length=1, max_length=COMMENT_BODY_MAX, pattern=NO_NUL, examples=[BODY_EXAMPLE])]


class CommentCreate(Input):
    """A new comment."""

    body: Body


class CommentPatch(Input):
    """The fields of a comment that are to change: a dictionary of those that the client sent, and of no others."""

    body: Body | None = None


class CommentRead(Output):
    """A comment."""

    id: RowId
    post_id: RowId
    body: Annotated[str, Field(examples=[BODY_EXAMPLE])]
    author: Author
    created_at: Moment
    updated_at: Moment
