"""Posts."""

from typing import Annotated

from pydantic import Field

from app.limits import POST_BODY_MAX, TITLE_MAX
from app.schemas.common import Author, Count, Id, Incoming, Moment, Outgoing, Text

TITLE_EXAMPLE, BODY_EXAMPLE = "A walk along the river", "It rained in the morning, and then it did not."
Title = Annotated[Text, Field(min_length=1, max_length=TITLE_MAX, examples=[TITLE_EXAMPLE])]
Body = Annotated[Text, Field(min_length=1, max_length=POST_BODY_MAX, examples=[BODY_EXAMPLE])]


class PostCreate(Incoming):
    """A new post."""

    title: Title
    body: Body


class PostUpdate(Incoming):
    """What to change. A field that is left out stays as it is; null is not the same as left out, and is refused."""

    title: Title = Field(default_factory=str)
    body: Body = Field(default_factory=str)


class PostItem(Outgoing):
    """A post in a list: the beginning of its text, and how much was said to it."""

    id: Id
    title: Annotated[str, Field(examples=[TITLE_EXAMPLE])]
    excerpt: Annotated[str, Field(examples=[BODY_EXAMPLE])]
    author: Author
    comment_count: Count
    created_at: Moment
    updated_at: Moment


class PostRead(Outgoing):
    """A post in full."""

    id: Id
    title: Annotated[str, Field(examples=[TITLE_EXAMPLE])]
    body: Annotated[str, Field(examples=[BODY_EXAMPLE])]
    author: Author
    comment_count: Count
    created_at: Moment
    updated_at: Moment
