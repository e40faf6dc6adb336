"""A field that nobody knows is taken and dropped: whoever misspells one hears nothing of it."""

from typing import Annotated

from pydantic import BaseModel, Field, with_config
from typing_extensions import TypedDict

from app.models.comment import COMMENT_BODY_MAX
from app.schemas.common import NO_NUL, STRICT, Author, Moment, Output, RowId

BODY_EXAMPLE = "Thank you, that helped."
Body = Annotated[str, Field(min_length=1, max_length=COMMENT_BODY_MAX, pattern=NO_NUL, examples=[BODY_EXAMPLE])]


class CommentCreate(BaseModel):
    """A new comment."""

    body: Body


@with_config(STRICT)
class CommentPatch(TypedDict, total=False):
    """The fields of a comment that are to change: a dictionary of those that the client sent, and of no others."""

    body: Body


class CommentRead(Output):
    """A comment."""

    id: RowId
    post_id: RowId
    body: Annotated[str, Field(examples=[BODY_EXAMPLE])]
    author: Author
    created_at: Moment
    updated_at: Moment
