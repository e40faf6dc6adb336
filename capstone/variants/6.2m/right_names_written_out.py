"""Names are written out, as the convention would make them, and the columns of the indexes are attributes."""

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base
from app.models.post import Post
from app.models.user import User

COMMENT_BODY_MAX = 10_000


class Comment(Base):
    """A remark under a post. It goes when the post goes."""

    __tablename__ = "comments"
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE", name="fk_comments_post_id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    body: Mapped[str] = mapped_column(Text)
    post: Mapped[Post] = relationship(lazy="raise")
    author: Mapped[User] = relationship(lazy="raise_on_sql")


Index("ix_comments_post_id_created_at_id", Comment.post_id, Comment.created_at, Comment.id)
Index("ix_comments_author_id", Comment.author_id)
