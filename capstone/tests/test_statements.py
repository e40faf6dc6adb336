"""How many statements an endpoint runs: fixed numbers, however long the lists are."""

import httpx
import pytest
from fastapi import FastAPI
from sockets import Socket
from visitors import PASSWORD, Visitor, arrive

# Reading takes one each.
READS = (
    "/posts",
    "/posts?author_id={user_id}",
    "/posts?q=title",
    "/posts?q=title&author_id={user_id}",
    "/posts?cursor={cursor}",
    "/posts/{post_id}",
    "/posts/{post_id}/comments",
    "/comments/{comment_id}",
    "/users",
    "/users/{user_id}",
)
# What asks for a token first reads its user; a savepoint counts two, and what watchers are told one. These are upper
# bounds.
WITH_TOKEN = (
    ("GET", "/users/me", {}, 1),
    ("PATCH", "/users/me", {"display_name": "Ana"}, 2),
    ("POST", "/posts", {"title": "A title", "body": "A body"}, 4),
    ("POST", "/posts/{post_id}/comments", {"body": "A remark"}, 2),
    ("PATCH", "/posts/{post_id}", {"title": "Another"}, 3),
    ("PATCH", "/comments/{comment_id}", {"body": "Another"}, 4),
    ("DELETE", "/comments/{comment_id}", {}, 5),
    ("DELETE", "/posts/{post_id}", {}, 4),
    # Three are for the count of wrong passwords. What goes with an account is locked first, and told of at once.
    ("PUT", "/users/me/password", {"current_password": PASSWORD, "new_password": PASSWORD}, 5),
    ("DELETE", "/users/me", {"current_password": PASSWORD}, 10),
)
SIGNING_IN = ("/auth/register", "/auth/login")
HEALTH = {"/health": 0, "/health/ready": 1}


async def fill(ana: Visitor, bob: Visitor, posts: int) -> int:
    """Write posts, each with a comment by another, and return the last one's id."""
    for _ in range(posts):
        post = await ana.write()
        await bob.say(post)
    return post


async def test_reading_takes_one_statement_whatever_is_there(
    committed_client: httpx.AsyncClient, statements: list[str]
) -> None:
    ana, bob = await arrive(committed_client, "ana"), await arrive(committed_client, "bob")
    for posts in (2, 10):
        post = await fill(ana, bob, posts)
        comment = await bob.say(post)
        cursor = (await committed_client.get("/posts?limit=1")).json()["next_cursor"]
        for template in READS:
            path = template.format(user_id=ana.id, post_id=post, comment_id=comment, cursor=cursor)
            statements.clear()
            assert (await committed_client.get(path)).status_code == 200
            assert len(statements) == 1, path


async def test_where_nothing_was_said_a_second_statement_looks_whether_the_post_is_there(
    committed_client: httpx.AsyncClient, statements: list[str]
) -> None:
    post = await (await arrive(committed_client, "ana")).write()
    statements.clear()
    assert (await committed_client.get(f"/posts/{post}/comments")).json()["items"] == []
    assert len(statements) == 2


async def test_registering_and_logging_in_takes_a_fixed_number_of_statements(
    committed_client: httpx.AsyncClient, statements: list[str]
) -> None:
    new = {"email": "ana@example.com", "password": PASSWORD}
    assert (await committed_client.post("/auth/register", json=new)).is_success
    assert len(statements) == 3  # two are the savepoint
    for password, status, expected in (
        # The wrong passwords so far and the user; then the wrong one is counted, and once old counts are cleared away.
        ("a wrong password", 400, 4),
        ("a wrong password", 400, 3),
        (PASSWORD, 200, 4),  # or they are forgotten, unless they were too many
    ):
        statements.clear()
        form = {"username": new["email"], "password": password}
        assert (await committed_client.post("/auth/login", data=form)).status_code == status
        assert len(statements) == expected, statements


async def test_what_asks_for_a_token_takes_no_more_statements_than_it_has_to(
    committed_client: httpx.AsyncClient, statements: list[str]
) -> None:
    ana, bob = await arrive(committed_client, "ana"), await arrive(committed_client, "bob")
    post = await fill(ana, bob, 3)
    comment = await ana.say(post)
    for method, template, body, expected in WITH_TOKEN:
        path = template.format(post_id=post, comment_id=comment)
        visitor = bob if method == "PUT" else ana  # whose token ends with it
        statements.clear()
        assert (await visitor.send(method, path, **body)).is_success
        assert len(statements) <= expected, (method, path, statements)


@pytest.mark.parametrize(("path", "expected"), HEALTH.items())
async def test_health_takes_none_and_readiness_one(
    committed_client: httpx.AsyncClient, statements: list[str], path: str, expected: int
) -> None:
    assert (await committed_client.get(path)).status_code == 200
    assert len(statements) == expected


async def test_watching_a_post_takes_one_statement(
    app: FastAPI, committed_client: httpx.AsyncClient, statements: list[str]
) -> None:
    post = await (await arrive(committed_client, "ana")).write()
    statements.clear()
    async with Socket(app, post):
        assert len(statements) == 1


async def test_every_endpoint_is_counted_here(committed_client: httpx.AsyncClient) -> None:
    document = (await committed_client.get("/openapi.json")).json()
    counted = {("GET", path.partition("?")[0]) for path in (*READS, *HEALTH)}
    counted |= {(method, path) for method, path, _, _ in WITH_TOKEN} | {("POST", path) for path in SIGNING_IN}
    assert counted == {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
