"""The foreign key given as a column and not as a name, and the rules of the table below its columns."""

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, Text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import VARCHAR

from core.db import Base
from models import User


class Note(Base):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=False), primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey(User.id, name="fk_notes_owner_id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(VARCHAR(200))
    content: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("ix_notes_owner_id_id", "owner_id", "id"),)
