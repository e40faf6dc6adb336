"""The name of the key is given to the column: it is called fk_notes_owner_id, and has no index."""

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base


class Note(Base):
    __tablename__ = "notes"
    __table_args__ = (Index("ix_notes_owner_id_id", "fk_notes_owner_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), name="fk_notes_owner_id")
    title: Mapped[str] = mapped_column(String(200))
    content: Mapped[str] = mapped_column(Text)
