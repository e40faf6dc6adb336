"""The session of a request: who opens it, who commits it, and when."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session

from app.database.reader import Reader, Writer


async def get_sessionmaker(request: Request) -> async_sessionmaker[AsyncSession]:
    """For the few that can't keep a session all the time, such as a login."""
    sessionmaker: async_sessionmaker[AsyncSession] = request.app.state.sessionmaker
    return sessionmaker


SessionmakerDep = Annotated[async_sessionmaker[AsyncSession], Depends(get_sessionmaker)]


@event.listens_for(Session, "after_transaction_create")
def start_time(session: Session, transaction: object) -> None:
    """Let the time of a request begin with the first statement of its session."""
    limit, seconds = session.info.get("time", (None, 0))
    if limit and limit.when() is None:
        limit.reschedule(asyncio.get_running_loop().time() + seconds)


async def get_session(sessionmaker: SessionmakerDep, request: Request) -> AsyncIterator[AsyncSession]:
    """One transaction for one request: committed when the endpoint returns, rolled back if it raises.

    It takes a connection from the pool at its first statement, not before. From then on it has so many seconds, the
    wait for the connection included, or raises TimeoutError. What comes before, such as hashing, does not count.
    """
    async with asyncio.timeout(None) as limit:
        session = sessionmaker(info={"time": (limit, request.app.state.settings.database_request_seconds)})
        try:
            yield session
            await session.commit()
        finally:
            await session.close()  # not by `async with`, whose end nothing can interrupt, however silent the server


# scope="function": the transaction ends before the answer is sent. By default it would end after it, and a COMMIT
# that fails would come when the client has already read "201 Created".
SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]


async def get_writer(request: Request) -> Writer:
    """The app's way to the database for a single statement."""
    writer: Writer = request.app.state.writer
    return writer


ReaderDep = Annotated[Reader, Depends(get_writer)]  # for endpoints that change nothing
WriterDep = Annotated[Writer, Depends(get_writer)]
