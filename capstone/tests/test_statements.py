"""How many statements an endpoint runs: fixed numbers, however long the lists are."""

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import event
from visitors import PASSWORD, Visitor, arrive

from app.core.db import Database


@pytest.fixture
def statements(committed_database: Database) -> Iterator[list[str]]:
    """The statements that the app runs, as they come."""
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        seen.append(statement)

    engine = committed_database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


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
    for posts in (1, 10):
        post = await fill(ana, bob, posts)
        comment = await bob.say(post)
        cursor = (await committed_client.get("/posts?limit=1")).json()["next_cursor"]
        for path in (
            "/posts",
            f"/posts?author_id={ana.id}",
            "/posts?q=title",
            f"/posts?q=title&author_id={ana.id}",
            f"/posts?cursor={cursor}" if cursor else "/posts",
            f"/posts/{post}",
            f"/posts/{post}/comments",
            f"/comments/{comment}",
            "/users",
            f"/users/{ana.id}",
        ):
            statements.clear()
            assert (await committed_client.get(path)).status_code == 200
            assert len(statements) == 1, path


async def test_registering_and_logging_in_takes_a_fixed_number_of_statements(
    committed_client: httpx.AsyncClient, statements: list[str]
) -> None:
    new = {"email": "ana@example.com", "password": PASSWORD}
    assert (await committed_client.post("/auth/register", json=new)).is_success
    assert len(statements) == 1
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


async def test_writing_takes_a_fixed_number_of_statements(
    committed_client: httpx.AsyncClient, statements: list[str]
) -> None:
    ana, bob = await arrive(committed_client, "ana"), await arrive(committed_client, "bob")
    post = await fill(ana, bob, 3)
    comment = await bob.say(post)
    for method, path, body, expected in (
        # Each first reads the token's user; a savepoint counts two, and what watchers are told one.
        ("GET", "/users/me", {}, 1),
        ("PATCH", "/users/me", {"display_name": "Ana"}, 2),
        ("POST", "/posts", {"title": "A title", "body": "A body"}, 5),
        ("POST", f"/posts/{post}/comments", {"body": "A remark"}, 3),
        ("PATCH", f"/posts/{post}", {"title": "Another"}, 4),
        ("DELETE", f"/comments/{comment}", {}, 4),
        ("DELETE", f"/posts/{post}", {}, 4),
        ("PUT", "/users/me/password", {"current_password": PASSWORD, "new_password": PASSWORD}, 2),
    ):
        statements.clear()
        assert (await ana.send(method, path, **body)).is_success
        assert len(statements) == expected, (method, path, statements)
