"""Posts."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from app.core.limits import POST_BODY_MAX, TITLE_MAX
from app.schemas.common import Author, Incoming, Outgoing, Text

Title = Annotated[Text, Field(min_length=1, max_length=TITLE_MAX)]
Body = Annotated[Text, Field(min_length=1, max_length=POST_BODY_MAX)]


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

    id: int
    title: str
    excerpt: str
    author: Author
    comment_count: int
    created_at: datetime
    updated_at: datetime


class PostRead(Outgoing):
    """A post in full."""

    id: int
    title: str
    body: str
    author: Author
    comment_count: int
    created_at: datetime
    updated_at: datetime
