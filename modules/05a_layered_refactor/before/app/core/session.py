"""The session of a request: who opens it, who commits it, and when."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker


async def get_sessionmaker(request: Request) -> async_sessionmaker[AsyncSession]:
    """For the few that can't keep a session all the time, such as a login."""
    sessionmaker: async_sessionmaker[AsyncSession] = request.app.state.sessionmaker
    return sessionmaker


SessionmakerDep = Annotated[async_sessionmaker[AsyncSession], Depends(get_sessionmaker)]


async def get_session(sessionmaker: SessionmakerDep) -> AsyncIterator[AsyncSession]:
    """One transaction for one request: committed when the endpoint returns, rolled back if it raises.

    It takes a connection from the pool at its first statement, not before.
    """
    async with sessionmaker() as session:  # as stage 04 left it: it commits nothing
        yield session


# scope="function": the transaction ends before the answer is sent. By default it would end after it, and a COMMIT
# that fails would come when the client has already read "201 Created".
SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]
