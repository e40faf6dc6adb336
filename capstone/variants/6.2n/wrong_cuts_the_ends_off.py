"""What stands at the ends of a body is cut off: who writes a poem gets another one back."""

from typing import Annotated

from pydantic import Field, StringConstraints, with_config
from typing_extensions import TypedDict

from app.models.comment import COMMENT_BODY_MAX
from app.schemas.common import NO_NUL, STRICT, Author, Input, Moment, Output, RowId

BODY_EXAMPLE = "Thank you, that helped."
Body = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Field(min_length=1, max_length=COMMENT_BODY_MAX, pattern=NO_NUL, examples=[BODY_EXAMPLE]),
]


class CommentCreate(Input):
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
