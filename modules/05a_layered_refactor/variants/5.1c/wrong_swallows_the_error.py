"""What the endpoint raises is not raised again, and nobody answers."""

from collections.abc import AsyncIterator

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.session import SessionmakerDep


async def get_session(sessionmaker: SessionmakerDep) -> AsyncIterator[AsyncSession]:
    async with sessionmaker() as session:
        try:
            yield session
        except Exception:
            await session.rollback()
        await session.commit()
