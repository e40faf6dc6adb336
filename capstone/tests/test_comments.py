"""Comments over HTTP."""

import httpx
import pytest
from visitors import Visitor

SHAPE = {"id", "post_id", "body", "author", "created_at", "updated_at"}


async def test_a_comment_comes_back_as_it_was_written(client: httpx.AsyncClient, ana: Visitor, bob: Visitor) -> None:
    post = await ana.write()
    response = await bob.send("POST", f"/posts/{post}/comments", body=" 😀\n")
    assert response.status_code == 201
    comment = response.json()
    assert comment.keys() >= SHAPE
    assert response.headers["location"] == f"/comments/{comment['id']}"
    assert (comment["post_id"], comment["body"]) == (post, " 😀\n")
    assert comment["author"].items() >= {"id": bob.id, "display_name": "bob"}.items()
    assert (await client.get(f"/comments/{comment['id']}")).json() == comment
    assert (await client.get(f"/posts/{post}/comments")).json() == {"items": [comment], "next_cursor": None}


async def test_a_thread_is_read_from_the_oldest_comment_on(
    client: httpx.AsyncClient, ana: Visitor, bob: Visitor
) -> None:
    post = await ana.write()
    said = [await ana.say(post), await bob.say(post), await ana.say(post)]
    await ana.say(await ana.write("Another"))
    thread = (await client.get(f"/posts/{post}/comments")).json()["items"]
    assert [comment["id"] for comment in thread] == said


async def test_a_post_without_comments_has_an_empty_thread(client: httpx.AsyncClient, ana: Visitor) -> None:
    response = await client.get(f"/posts/{await ana.write()}/comments")
    assert response.status_code == 200
    assert response.json() == {"items": [], "next_cursor": None}


async def test_a_post_that_is_not_there_has_no_thread(client: httpx.AsyncClient, ana: Visitor) -> None:
    assert (await client.get("/posts/999999/comments")).status_code == 404
    assert (await ana.send("POST", "/posts/999999/comments", body="Hello?")).status_code == 404


async def test_only_its_author_may_change_a_comment(client: httpx.AsyncClient, ana: Visitor, bob: Visitor) -> None:
    path = f"/comments/{await bob.say(await ana.write())}"
    assert (await ana.send("PATCH", path, body="Not what Bob said")).status_code == 403
    response = await bob.send("PATCH", path, body="What Bob meant")
    assert response.status_code == 200
    assert response.json()["body"] == "What Bob meant"
    assert (await client.get(path)).json() == response.json()


async def test_its_author_may_delete_a_comment(client: httpx.AsyncClient, ana: Visitor, bob: Visitor) -> None:
    path = f"/comments/{await bob.say(await ana.write())}"
    assert (await bob.send("DELETE", path)).status_code == 204
    assert (await client.get(path)).status_code == 404


async def test_the_posts_author_may_delete_it_too(client: httpx.AsyncClient, ana: Visitor, bob: Visitor) -> None:
    path = f"/comments/{await bob.say(await ana.write())}"
    assert (await ana.send("DELETE", path)).status_code == 204
    assert (await client.get(path)).status_code == 404


async def test_nobody_else_may_delete_it(client: httpx.AsyncClient, ana: Visitor, bob: Visitor) -> None:
    path = f"/comments/{await ana.say(await ana.write())}"
    assert (await bob.send("DELETE", path)).status_code == 403
    assert (await client.get(path)).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_a_comment_that_is_not_there_is_a_404(ana: Visitor, method: str) -> None:
    body = {"body": "Hello?"} if method == "PATCH" else {}
    assert (await ana.send(method, "/comments/999999", **body)).status_code == 404
