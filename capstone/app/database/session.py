"""The session of a request: who opens it, who commits it, and when."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import Executable, Row, event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

AnyRow = Row[*tuple[Any, ...]]


async def get_sessionmaker(request: Request) -> async_sessionmaker[AsyncSession]:
    """For the few that can't keep a session all the time, such as a login."""
    sessionmaker: async_sessionmaker[AsyncSession] = request.app.state.sessionmaker
    return sessionmaker


SessionmakerDep = Annotated[async_sessionmaker[AsyncSession], Depends(get_sessionmaker)]


async def read_rows(session: AsyncSession, statement: Executable, **values: object) -> Sequence[AnyRow]:
    """Run a statement for rows of columns. The session would make objects of them, and track them: twice the work."""
    connection = await session.connection()
    rows: Sequence[AnyRow] = (await connection.execute(statement, values)).all()
    return rows


async def get_session(sessionmaker: SessionmakerDep, request: Request) -> AsyncIterator[AsyncSession]:
    """One transaction for one request: committed when the endpoint returns, rolled back if it raises.

    It takes a connection from the pool at its first statement, not before. From then on it has so many seconds, the
    wait for the connection included, or raises TimeoutError. What comes before, such as hashing, does not count.
    """
    async with asyncio.timeout(None) as limit, sessionmaker() as session:

        def begin(*_: object) -> None:
            if limit.when() is None:
                seconds = request.app.state.settings.database_request_seconds
                limit.reschedule(asyncio.get_running_loop().time() + seconds)

        event.listen(session.sync_session, "after_transaction_create", begin)
        yield session
        await session.commit()


# scope="function": the transaction ends before the answer is sent. By default it would end after it, and a COMMIT
# that fails would come when the client has already read "201 Created".
SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]


async def get_read_session(request: Request) -> AsyncIterator[AsyncSession]:
    """A session for a single SELECT: in AUTOCOMMIT it costs one round trip, and a transaction would make it three."""
    state = request.app.state
    async with asyncio.timeout(state.settings.database_request_seconds), state.read_sessionmaker() as session:
        yield session


ReadSessionDep = Annotated[AsyncSession, Depends(get_read_session, scope="function")]
