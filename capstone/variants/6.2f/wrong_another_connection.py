"""It goes over another connection, which knows nothing of the transaction."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.services.announcements import NOTIFY, Change


async def announce(session: AsyncSession, *changes: Change) -> None:
    """Tell every process of changes, when and if the session's transaction is committed."""
    async with AsyncSession(session.bind) as other:
        await other.execute(NOTIFY, {"payloads": [change.payload() for change in changes]})
        await other.commit()
