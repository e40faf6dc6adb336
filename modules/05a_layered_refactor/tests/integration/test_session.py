"""One request, one transaction: what is answered with a success is stored, and nothing else is."""

import httpx
from sqlalchemy import select, text

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


async def test_a_commit_that_fails_is_never_answered_with_a_success(committing_app, committing_sessions):
    @committing_app.post("/well", status_code=201)
    async def well(session: SessionDep) -> None:
        session.add(user("ana@example.com"))

    @committing_app.post("/badly", status_code=201)
    async def badly(session: SessionDep) -> None:
        session.add(user("ben@example.com"))
        await session.execute(text("CREATE TEMPORARY TABLE probe (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)"))
        await session.execute(text("INSERT INTO probe VALUES (1), (1)"))  # refused at COMMIT, and not before

    transport = httpx.ASGITransport(committing_app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        responses = [await client.post(path) for path in ("/well", "/badly", "/badly")]

    assert [response.status_code for response in responses] == [201, 500, 500]
    assert await emails(committing_sessions) == ["ana@example.com"]


async def test_a_request_takes_no_connection_before_its_first_statement(committing_app, committing_client, engine):
    @committing_app.get("/probe")
    async def probe(session: SessionDep) -> int:
        return engine.pool.checkedout()

    response = await committing_client.get("/probe")

    assert response.json() == 0


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
