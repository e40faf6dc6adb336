"""A statement for each change, in the order in which they are given."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.services.announcements import CHANNEL, Change


async def announce(session: AsyncSession, *changes: Change) -> None:
    """Tell every process of changes, when and if the session's transaction is committed."""
    for change in changes:
        await session.execute(select(func.pg_notify(CHANNEL, change.payload())))
