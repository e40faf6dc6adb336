"""It says the rollback itself, which close() does as well."""

from collections.abc import AsyncIterator

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession


async def get_session(request: Request) -> AsyncIterator[AsyncSession]:
    make_session = request.app.state.sessionmaker
    async with make_session() as own:
        try:
            yield own
        finally:
            await own.rollback()
