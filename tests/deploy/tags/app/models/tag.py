"""Words under which posts are found."""

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base

TAG_MAX = 40


class Tag(Base):
    """One word of one post. It goes when the post goes."""

    __tablename__ = "tags"
    __table_args__ = (Index(None, "post_id", "name", unique=True), Index(None, "name", "post_id"))

    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(TAG_MAX))
