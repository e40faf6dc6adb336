"""The session is never closed: its connection comes back when the garbage collector finds it."""

from collections.abc import AsyncIterator

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    request.state.session = request.app.state.sessionmaker()
    yield request.state.session
