"""Wrong passwords, counted."""

from sqlalchemy import BigInteger, Column, DateTime, Index, LargeBinary, Table

from app.models.base import Base

# A bare table, as nothing here is an object with an id: one row for each pair of an e-mail and a client's address,
# while its window lasts. `key` is their digest: whatever somebody types as an e-mail is short here, and is not kept.
LOGIN_ATTEMPTS = Table(
    "login_attempts",
    Base.metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("wrong", BigInteger, nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Index(None, "ends_at"),  # finds the rows of windows that have passed
)
