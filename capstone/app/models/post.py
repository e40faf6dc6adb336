"""What people write."""

from sqlalchemy import ForeignKey, Index, String, Text, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base
from app.models.user import User

TITLE_MAX = 200
POST_BODY_MAX = 100_000
EXCERPT_LENGTH = 200


class Post(Base):
    """An article. It belongs to its author."""

    __tablename__ = "posts"
    __table_args__ = (
        Index(None, "created_at", "id"),  # GET /posts, page by page
        Index(None, "author_id", "created_at", "id"),  # GET /posts?author_id=
    )

    author_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(TITLE_MAX))
    body: Mapped[str] = mapped_column(Text)
    comment_count: Mapped[int] = mapped_column(server_default="0")
    """Kept by triggers (migration `counts`), as is a user's `post_count`: counting costs more, the more there is."""
    author: Mapped[User] = relationship(lazy="raise")


# The words of a post: a function of the database's, made by the migration `posts_search`. A search uses the index only
# if it names this very expression.
SEARCH_VECTOR = func.post_words(Post.title, Post.body)
Index("ix_posts_search", SEARCH_VECTOR, postgresql_using="gin")  # GET /posts?q=
