"""SQL is written in lower case."""

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base
from app.models.post import Post
from app.models.user import User

COMMENT_BODY_MAX = 10_000


class Comment(Base):
    """A remark under a post. It goes when the post goes."""

    __tablename__ = "comments"
    __table_args__ = (
        Index(None, "post_id", "created_at", "id"),  # a thread in reading order, page by page
        Index(None, "author_id"),  # without it, deleting a user would read the whole table
    )

    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="cascade"))
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="cascade"))
    body: Mapped[str] = mapped_column(Text)
    post: Mapped[Post] = relationship(lazy="raise")
    author: Mapped[User] = relationship(lazy="raise")
