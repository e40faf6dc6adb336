"""The statement is written as text."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.services.announcements import CHANNEL, Change


async def announce(session: AsyncSession, *changes: Change) -> None:
    """Tell every process of changes, when and if the session's transaction is committed."""
    payloads = [change.payload() for change in changes]
    notify = text("SELECT pg_notify(:channel, payload) FROM unnest(CAST(:payloads AS text[])) AS payload")
    await session.execute(notify, {"channel": CHANNEL, "payloads": payloads})
