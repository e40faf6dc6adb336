"""Posts over HTTP."""

from datetime import datetime, timedelta

import httpx
import pytest
from databases import Database
from sqlalchemy import delete, text
from visitors import Visitor, arrive

from app.models import User

SHAPE = {"id", "title", "author", "comment_count", "created_at", "updated_at"}


async def test_a_post_comes_back_as_it_was_written(client: httpx.AsyncClient, ana: Visitor) -> None:
    text = "  Zeilen\r\n\t<b>und</b> 😀 e\u0301 \u2028 '; DROP TABLE posts; -- "
    response = await ana.send("POST", "/posts", title=text, body=text)
    assert response.status_code == 201
    post = response.json()
    assert response.headers["location"] == f"/posts/{post['id']}"
    assert post.keys() >= SHAPE | {"body"}
    assert (post["title"], post["body"]) == (text, text)
    assert post["author"].items() >= {"id": ana.id, "display_name": "ana"}.items()
    assert post["comment_count"] == 0
    assert post["created_at"] == post["updated_at"]
    assert datetime.fromisoformat(post["created_at"]).utcoffset() == timedelta(0)
    assert (await client.get(response.headers["location"])).json() == post


async def test_a_list_shows_the_beginning_of_each_post_the_newest_first(
    client: httpx.AsyncClient, ana: Visitor, bob: Visitor
) -> None:
    first = await ana.write("First", "é" * 201)
    second = await bob.write("Second", "short")
    await ana.say(second)
    await bob.say(second)
    items = (await client.get("/posts")).json()["items"]
    assert [item["id"] for item in items] == [second, first]
    assert items[0].keys() >= SHAPE | {"excerpt"}
    assert "body" not in items[0]
    assert [item["excerpt"] for item in items] == ["short", "é" * 200]
    assert [item["comment_count"] for item in items] == [2, 0]
    assert [item["author"]["display_name"] for item in items] == ["bob", "ana"]


async def test_a_list_can_be_of_one_author(client: httpx.AsyncClient, ana: Visitor, bob: Visitor) -> None:
    post = await ana.write()
    await bob.write()
    assert [item["id"] for item in (await client.get(f"/posts?author_id={ana.id}")).json()["items"]] == [post]
    assert (await client.get("/posts?author_id=999999")).json()["items"] == []


@pytest.mark.parametrize("changes", [{"title": "New"}, {"body": "New"}, {"title": "New", "body": "Newer"}])
async def test_its_author_may_change_title_body_or_both(ana: Visitor, changes: dict[str, str]) -> None:
    post = await ana.write("Old title", "Old body")
    response = await ana.send("PATCH", f"/posts/{post}", **changes)
    assert response.status_code == 200
    expected = {"title": "Old title", "body": "Old body"} | changes
    assert {name: response.json()[name] for name in expected} == expected


async def test_a_change_of_nothing_changes_nothing(client: httpx.AsyncClient, ana: Visitor) -> None:
    path = f"/posts/{await ana.write()}"
    before = (await client.get(path)).json()
    response = await client.patch(path, json={}, headers=ana.headers)
    assert response.status_code == 200
    assert response.json() == before


async def test_a_change_moves_updated_at_and_not_created_at(committed_client: httpx.AsyncClient) -> None:
    ana = await arrive(committed_client, "ana")
    path = f"/posts/{await ana.write()}"
    before = (await committed_client.get(path)).json()
    after = (await ana.send("PATCH", path, title="New")).json()
    assert after["created_at"] == before["created_at"]
    assert after["updated_at"] > before["updated_at"]
    assert (await committed_client.get(path)).json() == after


async def test_nobody_else_may_change_or_delete_it(client: httpx.AsyncClient, ana: Visitor, bob: Visitor) -> None:
    path = f"/posts/{await ana.write('Mine')}"
    assert (await bob.send("PATCH", path, title="Bob's")).status_code == 403
    assert (await bob.send("DELETE", path)).status_code == 403
    assert (await client.get(path)).json()["title"] == "Mine"


async def test_deleting_a_post_deletes_its_comments(client: httpx.AsyncClient, ana: Visitor, bob: Visitor) -> None:
    post = await ana.write()
    comment = await bob.say(post)
    response = await ana.send("DELETE", f"/posts/{post}")
    assert response.status_code == 204
    assert response.content == b""
    assert (await client.get(f"/posts/{post}")).status_code == 404
    assert (await client.get(f"/posts/{post}/comments")).status_code == 404
    assert (await client.get(f"/comments/{comment}")).status_code == 404


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_a_post_that_is_not_there_is_a_404(ana: Visitor, method: str) -> None:
    response = await ana.send(method, "/posts/999999")
    assert response.status_code == 404
    assert response.json()["detail"] == "There is no post 999999."


async def test_an_author_whose_account_goes_takes_posts_and_comments_along(
    client: httpx.AsyncClient, ana: Visitor, bob: Visitor, database: Database
) -> None:
    post = await ana.write()
    comment = await bob.say(await bob.write())
    async with database.transaction() as session:
        await session.execute(delete(User).where(User.id == ana.id))
    assert (await client.get(f"/posts/{post}")).status_code == 404
    assert (await client.get(f"/comments/{comment}")).status_code == 200
    assert (await ana.send("GET", "/users/me")).status_code == 401


REFUSE_AT_COMMIT = (
    """
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = 'serialization_failure'; END $$
    """,
    """
    CREATE CONSTRAINT TRIGGER refuse_at_commit AFTER INSERT ON posts DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION refuse()
    """,
)


async def test_a_commit_that_fails_is_never_answered_with_201(
    committed_client: httpx.AsyncClient, committed_database: Database
) -> None:
    ana = await arrive(committed_client, "ana")
    async with committed_database.transaction() as session:
        for statement in REFUSE_AT_COMMIT:
            await session.execute(text(statement))
    try:
        response = await ana.send("POST", "/posts", title="Lost", body="Lost")
    finally:
        async with committed_database.transaction() as session:
            await session.execute(text("DROP FUNCTION refuse CASCADE"))
    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    assert (await committed_client.get("/posts")).json()["items"] == []
