"""Notes."""

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base

TITLE_MAX = 200


class Note(Base):
    """A note. Only its owner ever sees it."""

    __tablename__ = "notes"
    __table_args__ = (Index(None, "owner_id", "id"),)  # the order in which a list of notes is read

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(TITLE_MAX))
    content: Mapped[str] = mapped_column(Text)
