"""What people write."""

from sqlalchemy import ForeignKey, Index, String, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.sql.elements import Grouping

from app.core.limits import TITLE_MAX
from app.models.base import Base
from app.models.user import User


class Post(Base):
    """An article. It belongs to its author."""

    __tablename__ = "posts"
    __table_args__ = (
        Index(None, "created_at", "id"),  # GET /posts, page by page
        Index(None, "author_id", "created_at", "id"),  # GET /posts?author_id=, and how many posts somebody has
    )

    author_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(TITLE_MAX))
    body: Mapped[str] = mapped_column(Text)
    author: Mapped[User] = relationship(lazy="raise")


# The words of a post. A search uses the index only if it names this very expression. The marks that PostgreSQL takes
# for parts of addresses, paths and tags become spaces: it would try every reading of "a_a_a_a_" without end.
# Both texts have the same length, one space for each mark.
MARKS = "_-+./~@<>&"
POST_WORDS = func.to_tsvector(
    text("'english'"),
    func.translate(
        Grouping(Post.title.op("||")(text("' '"))).op("||")(Post.body),  # as PostgreSQL writes it: alembic compares
        text(f"'{MARKS}'"),
        text(f"'{' ' * len(MARKS)}'"),
    ),
)
Index("ix_posts_search", POST_WORDS, postgresql_using="gin")  # GET /posts?q=
