"""The index on the author stands at the column, and the body has its length there."""

from sqlalchemy import ForeignKey, Index, String
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
    )

    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    body: Mapped[str] = mapped_column(String(COMMENT_BODY_MAX))
    post: Mapped[Post] = relationship(lazy="raise")
    author: Mapped[User] = relationship(lazy="raise")
