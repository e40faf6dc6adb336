"""The two tables: users, and the notes that they own."""

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Base

MAX_ID = 2**63 - 1  # the largest BIGINT
EMAIL_MAX = 320
TITLE_MAX = 200


class User(Base):
    """Somebody who can log in. The e-mail is kept in one spelling, so that one person is one row."""

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("email", name="uq_users_email"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    email: Mapped[str] = mapped_column(String(EMAIL_MAX))
    hashed_password: Mapped[str] = mapped_column(String(60))
    is_active: Mapped[bool] = mapped_column(default=True)


class Note(Base):
    """A note. Only its owner ever sees it."""

    __tablename__ = "notes"
    __table_args__ = (Index("ix_notes_owner_id_id", "owner_id", "id"),)  # the order in which a list of notes is read

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id", name="fk_notes_owner_id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(TITLE_MAX))
    content: Mapped[str] = mapped_column(Text)
