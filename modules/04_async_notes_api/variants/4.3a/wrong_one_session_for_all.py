"""One session for all requests: they see each other's half-done work."""

from collections.abc import AsyncIterator

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    if not hasattr(request.app.state, "session"):
        request.app.state.session = request.app.state.sessionmaker()
    yield request.app.state.session
