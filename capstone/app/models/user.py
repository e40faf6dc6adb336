"""People."""

from sqlalchemy import JSON, Boolean, Index, String, Text, func, true
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base

EMAIL_MAX = 254  # RFC 5321 section 4.5.3.1.3, less the angle brackets
DISPLAY_NAME_MAX = 80


class User(Base):
    """Somebody who may write. The e-mail is kept in one letter case: in whatever other it is typed, it is taken."""

    __tablename__ = "users"
    __table_args__ = (Index(None, "created_at", "id"),)  # the order in which GET /users reads

    email: Mapped[str] = mapped_column(Text, unique=True)
    hashed_password: Mapped[str] = mapped_column(Text)
    display_name: Mapped[str] = mapped_column(String(DISPLAY_NAME_MAX))
    is_active: Mapped[bool] = mapped_column(Boolean, server_default=true())
    token_version: Mapped[int] = mapped_column(server_default="0")
    """Goes up with each change of the password. A token of another version is worth nothing."""
    post_count: Mapped[int] = mapped_column(server_default="0")


# A row's author as one column, for queries that are joined with its user.
AUTHOR = func.json_build_object("id", User.id, "display_name", User.display_name, type_=JSON).label("author")
