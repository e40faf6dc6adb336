"""The end of an account, and the password that it takes."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from databases import Database
from fastapi import FastAPI
from sockets import Socket
from sqlalchemy import text
from visitors import PASSWORD, Visitor, arrive, started

from app.config.settings import Settings
from app.services import accounts_service
from app.services.announcements import Change

LIMIT = 10
WRONG = "a wrong password"


async def delete(visitor: Visitor, current: str = PASSWORD) -> httpx.Response:
    return await visitor.send("DELETE", "/users/me", current_password=current)


async def change(visitor: Visitor, current: str = WRONG) -> httpx.Response:
    new = {"current_password": current, "new_password": "a horse of another colour"}
    return await visitor.send("PUT", "/users/me/password", **new)


async def log_in(visitor: Visitor, password: str = WRONG) -> httpx.Response:
    return await visitor.client.post("/auth/login", data={"username": visitor.email, "password": password})


async def test_all_that_somebody_wrote_goes_with_the_account_and_nothing_else(
    client: httpx.AsyncClient, ana: Visitor, bob: Visitor, database: Database
) -> None:
    anas, bobs = await ana.write(), await bob.write()
    await ana.say(bobs)
    await bob.say(anas)
    stays = await bob.say(bobs)
    response = await delete(ana)
    assert response.status_code == 204
    assert response.content == b""
    async with database.transaction() as session:
        rows = "SELECT array(SELECT id FROM users), array(SELECT id FROM posts), array(SELECT id FROM comments)"
        assert tuple((await session.execute(text(rows))).one()) == ([bob.id], [bobs], [stays])
    for method, path in (("GET", "/users/me"), ("DELETE", "/users/me"), ("POST", "/posts")):
        assert (await ana.send(method, path, current_password=PASSWORD)).status_code == 401
    assert (await log_in(ana, PASSWORD)).status_code == 400


@pytest.mark.parametrize("current", ["", WRONG, PASSWORD + " ", "x" * 100_000])
async def test_who_does_not_know_the_password_deletes_nothing(ana: Visitor, current: str) -> None:
    response = await delete(ana, current)
    assert response.status_code == 400
    assert response.json()["detail"] == "The current password is wrong."
    assert (await ana.send("GET", "/users/me")).status_code == 200


async def test_watchers_on_every_process_are_told_once_it_is_committed(
    app: FastAPI, settings: Settings, committed_client: httpx.AsyncClient
) -> None:
    ana, bob = await arrive(committed_client, "ana"), await arrive(committed_client, "bob")
    anas, bobs = await ana.write(), await bob.write()
    said = [await ana.say(bobs), await ana.say(bobs)]
    async with started(settings) as elsewhere, Socket(elsewhere, anas) as of_ana, Socket(app, bobs) as of_bob:
        assert (await delete(ana, WRONG)).status_code == 400
        assert (await delete(ana)).status_code == 204
        assert await of_ana.event() == {"type": "post.deleted"}
        assert await of_ana.close_code() == 1000
        for id_ in said:
            assert await of_bob.event() == {"type": "comment.deleted", "comment": {"id": id_, "post_id": bobs}}


async def test_of_25_wrong_passwords_to_change_or_delete_ten_are_compared(
    committed_client: httpx.AsyncClient,
) -> None:
    ana = await arrive(committed_client, "ana")
    answers = await asyncio.gather(*(change(ana) if n % 2 else delete(ana, WRONG) for n in range(25)))
    assert Counter(answer.status_code for answer in answers) == {400: LIMIT, 429: 25 - LIMIT}
    for answer in (await change(ana, PASSWORD), await delete(ana), await log_in(ana, PASSWORD)):
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) > 0
    assert (await ana.send("GET", "/users/me")).status_code == 200  # who is in stays in


async def test_a_right_password_at_any_door_starts_the_count_anew(ana: Visitor) -> None:
    for right in (lambda: log_in(ana, PASSWORD), lambda: change(ana, PASSWORD)):
        for _ in range((LIMIT - 1) // 3):
            for wrong in (log_in(ana), change(ana), delete(ana, WRONG)):
                assert (await wrong).status_code == 400
        assert (await right()).is_success
    assert (await log_in(ana)).status_code == 400


async def test_who_watches_a_post_that_goes_is_told_of_that_alone(
    client: httpx.AsyncClient, ana: Visitor, bob: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    anas, bobs = await ana.write(), await bob.write()
    await ana.say(anas)
    await bob.say(anas)
    elsewhere = await ana.say(bobs)
    told: list[Change] = []

    async def note(session: object, *changes: Change) -> None:
        told.extend(changes)

    monkeypatch.setattr(accounts_service, "announce", note)
    await delete(ana)
    assert told == [Change("post.deleted", anas), Change("comment.deleted", bobs, elsewhere)]


async def test_two_who_wrote_to_each_other_leave_at_once(
    committed_client: httpx.AsyncClient, committed_database: Database
) -> None:
    ana, bob = await arrive(committed_client, "ana"), await arrive(committed_client, "bob")
    for one, other in ((ana, bob), (bob, ana)):
        post = await one.write()
        for _ in range(5):
            await other.say(post)
    async with lingering(committed_database):
        answers = await asyncio.gather(delete(ana), delete(bob))
    assert [answer.status_code for answer in answers] == [204, 204]


@asynccontextmanager
async def lingering(database: Database) -> AsyncIterator[None]:
    """Comments take their time to go, so that two deletions are in the middle of it at once."""
    linger = "BEGIN PERFORM pg_sleep(0.05); RETURN OLD; END"
    linger = f"CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS '{linger}'"
    trigger = "CREATE TRIGGER linger BEFORE DELETE ON comments FOR EACH ROW EXECUTE FUNCTION linger()"
    async with database.engine.begin() as connection:
        for statement in (linger, trigger):
            await connection.execute(text(statement))
    yield
    async with database.engine.begin() as connection:
        await connection.execute(text("DROP FUNCTION linger CASCADE"))
