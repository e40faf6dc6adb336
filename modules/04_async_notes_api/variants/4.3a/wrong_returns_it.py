"""It returns the session: it is closed before the endpoint has it, and nobody closes it again."""

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession


async def get_session(request: Request) -> AsyncSession:
    async with request.app.state.sessionmaker() as session:
        return session
