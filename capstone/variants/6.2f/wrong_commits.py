"""It commits what its caller has not finished."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.services.announcements import NOTIFY, Change


async def announce(session: AsyncSession, *changes: Change) -> None:
    """Tell every process of changes, when and if the session's transaction is committed."""
    await session.execute(NOTIFY, {"payloads": [change.payload() for change in changes]})
    await session.commit()
