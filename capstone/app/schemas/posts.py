"""What clients send to write a post, and what they get back."""

from typing import Annotated

from pydantic import Field, with_config
from typing_extensions import TypedDict

from app.models.post import POST_BODY_MAX, TITLE_MAX
from app.schemas.common import NO_NUL, STRICT, Author, Count, Input, Moment, Output, RowId

TITLE_EXAMPLE, BODY_EXAMPLE = "A walk along the river", "It rained in the morning, and then it did not."
Title = Annotated[str, Field(min_length=1, max_length=TITLE_MAX, pattern=NO_NUL, examples=[TITLE_EXAMPLE])]
Body = Annotated[str, Field(min_length=1, max_length=POST_BODY_MAX, pattern=NO_NUL, examples=[BODY_EXAMPLE])]


class PostCreate(Input):
    """A new post."""

    title: Title
    body: Body


@with_config(STRICT)
class PostPatch(TypedDict, total=False):
    """The fields of a post that are to change: a dictionary of those that the client sent, and of no others."""

    title: Title
    body: Body


class PostSummary(Output):
    """What every answer about a post holds."""

    id: RowId
    title: Annotated[str, Field(examples=[TITLE_EXAMPLE])]
    author: Author
    comment_count: Count
    created_at: Moment
    updated_at: Moment


class PostItem(PostSummary):
    """A post in a list: the beginning of its text, and how much was said to it."""

    excerpt: Annotated[str, Field(examples=[BODY_EXAMPLE])]


class PostRead(PostSummary):
    """A post in full."""

    body: Annotated[str, Field(examples=[BODY_EXAMPLE])]
