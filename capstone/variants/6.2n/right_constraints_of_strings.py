"""What a body has to be is a StringConstraints, and the configuration stands in the class."""

from typing import Annotated

from pydantic import Field, StringConstraints
from typing_extensions import TypedDict

from app.models.comment import COMMENT_BODY_MAX
from app.schemas.common import NO_NUL, STRICT, Author, Input, Moment, Output, RowId

BODY_EXAMPLE = "Thank you, that helped."
Body = Annotated[
    str,
    StringConstraints(min_length=1, max_length=COMMENT_BODY_MAX, pattern=NO_NUL),
    Field(examples=[BODY_EXAMPLE]),
]


class CommentCreate(Input):
    """A new comment."""

    body: Body


class CommentPatch(TypedDict, total=False):
    """The fields of a comment that are to change: a dictionary of those that the client sent, and of no others."""

    __pydantic_config__ = STRICT  # type: ignore[misc]

    body: Body


class CommentRead(Output):
    """A comment."""

    id: RowId
    post_id: RowId
    body: Annotated[str, Field(examples=[BODY_EXAMPLE])]
    author: Author
    created_at: Moment
    updated_at: Moment
