"""One request, one transaction: what is answered with a success is stored, and nothing else is."""

import httpx
from sqlalchemy import event, select

from app.core.errors import Conflict
from app.core.session import SessionDep
from app.models import User


def user(email: str) -> User:
    return User(email=email, hashed_password="x")


async def emails(sessions) -> list[str]:
    async with sessions() as session:
        return list(await session.scalars(select(User.email)))


async def test_what_a_request_writes_is_there_for_the_next_one(app, app_client, sessions):
    @app.post("/probe")
    async def probe(session: SessionDep) -> None:
        session.add(user("ana@example.com"))

    response = await app_client.post("/probe")

    assert response.status_code == 200
    assert await emails(sessions) == ["ana@example.com"]


async def test_what_a_refused_request_has_written_is_undone(app, app_client, sessions):
    @app.post("/probe")
    async def probe(session: SessionDep) -> None:
        session.add(user("ana@example.com"))
        await session.flush()
        raise Conflict("No")

    response = await app_client.post("/probe")

    assert response.status_code == 409
    assert await emails(sessions) == []


async def test_a_commit_that_fails_is_never_answered_with_a_success(
    committing_app, committing_client, committing_sessions, engine
):
    @committing_app.post("/probe/{email}", status_code=201)
    async def probe(email: str, session: SessionDep) -> None:
        session.add(user(email))

    def refuse(connection: object) -> None:
        raise RuntimeError("the server is gone")

    well = await committing_client.post("/probe/ana@example.com")
    event.listen(engine.sync_engine, "commit", refuse)
    transport = httpx.ASGITransport(committing_app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        badly = await client.post("/probe/ben@example.com")
    event.remove(engine.sync_engine, "commit", refuse)

    assert well.status_code == 201
    assert badly.status_code == 500
    assert await emails(committing_sessions) == ["ana@example.com"]


async def test_a_request_gives_its_connection_back_before_the_answer_is_sent(committing_app, committing_client, engine):
    in_use_while_sending = []

    @committing_app.get("/probe")
    async def probe(session: SessionDep) -> None:
        await session.scalars(select(User))

    async def count_while_sending(scope, receive, send):
        async def count(message):
            in_use_while_sending.append(engine.pool.checkedout())
            await send(message)

        await committing_app(scope, receive, count)

    committing_client._transport.app = count_while_sending
    response = await committing_client.get("/probe")

    assert response.status_code == 200
    assert set(in_use_while_sending) == {0}
