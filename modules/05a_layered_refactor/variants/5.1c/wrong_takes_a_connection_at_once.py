"""It takes a connection from the pool before anybody asks the database anything."""

from collections.abc import AsyncIterator

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.session import SessionmakerDep


async def get_session(sessionmaker: SessionmakerDep) -> AsyncIterator[AsyncSession]:
    async with sessionmaker.begin() as session:
        await session.connection()
        yield session
