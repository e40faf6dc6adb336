"""Without ondelete, a user with notes can't be deleted."""

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class Note(Base):
    __tablename__ = "notes"
    __table_args__ = (Index("ix_notes_owner_id_id", "owner_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", name="fk_notes_owner_id"))
    title: Mapped[str] = mapped_column(String(200))
    content: Mapped[str] = mapped_column(Text)
