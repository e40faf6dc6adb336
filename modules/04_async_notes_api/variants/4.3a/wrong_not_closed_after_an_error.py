"""It closes the session behind the `yield`, which is not reached if the endpoint raises."""

from collections.abc import AsyncIterator

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    session = request.app.state.sessionmaker()
    yield session
    await session.close()
