"""Many at once, with real commits: whoever comes second is told so, and nothing is a 500."""

import asyncio
from collections import Counter
from collections.abc import Awaitable

import httpx
import pytest
from databases import Database
from fastapi import FastAPI
from sqlalchemy import delete
from visitors import PASSWORD, arrive

from app.models import User
from app.services import users_service


async def statuses(*requests: Awaitable[httpx.Response]) -> Counter[int]:
    """Send all requests at once, and count the statuses of the answers."""
    responses = await asyncio.gather(*requests)
    return Counter(response.status_code for response in responses)


async def test_of_ten_equal_registrations_one_succeeds(committed_client: httpx.AsyncClient) -> None:
    def register(n: int) -> Awaitable[httpx.Response]:
        email = "ana@example.com" if n % 2 else "ANA@example.com"
        return committed_client.post("/auth/register", json={"email": email, "password": PASSWORD})

    assert await statuses(*(register(n) for n in range(10))) == {201: 1, 409: 9}


async def test_a_comment_on_a_post_that_is_being_deleted_is_written_or_refused_but_never_an_error(
    committed_client: httpx.AsyncClient,
) -> None:
    ana = await arrive(committed_client, "ana")
    for _ in range(5):
        post = await ana.write()
        comments = [ana.send("POST", f"/posts/{post}/comments", body="Wait!") for _ in range(6)]
        answers = await statuses(*comments[:3], ana.send("DELETE", f"/posts/{post}"), *comments[3:])
        assert answers.keys() <= {201, 204, 404}
        assert answers[204] == 1
        assert (await committed_client.get(f"/posts/{post}/comments")).status_code == 404


async def test_what_is_counted_is_right_after_many_comments_and_deletions_at_once(
    committed_client: httpx.AsyncClient,
) -> None:
    ana, bob = await arrive(committed_client, "ana"), await arrive(committed_client, "bob")
    posts = [await ana.write() for _ in range(2)]
    said = [await bob.say(post) for post in posts for _ in range(10)]
    answers = await statuses(
        *(visitor.send("POST", f"/posts/{post}/comments", body="x") for post in posts for visitor in [ana, bob] * 20),
        *(visitor.send("DELETE", f"/comments/{comment}") for comment in said for visitor in (ana, bob)),
    )
    assert answers == {201: 80, 204: 20, 404: 20}
    for post in posts:
        assert (await committed_client.get(f"/posts/{post}")).json()["comment_count"] == 40
    answers = await statuses(
        *(ana.send("POST", "/posts", title="A title", body="A body") for _ in range(10)),
        *(ana.send("DELETE", f"/posts/{posts[0]}") for _ in range(3)),
        *(bob.send("POST", f"/posts/{posts[0]}/comments", body="x") for _ in range(10)),
        *(bob.send("DELETE", f"/comments/{comment}") for comment in range(21, 26)),
        bob.send("DELETE", "/users/me", current_password=PASSWORD),
    )
    assert answers.keys() <= {201, 204, 401, 403, 404}  # of the comments deleted some may be Ana's
    assert (await committed_client.get(f"/users/{ana.id}")).json()["post_count"] == 11
    left = (await committed_client.get(f"/posts/{posts[1]}/comments?limit=100")).json()["items"]
    assert (await committed_client.get(f"/posts/{posts[1]}")).json()["comment_count"] == len(left)


async def test_people_who_comment_on_each_others_posts_delete_their_accounts_at_once(
    committed_client: httpx.AsyncClient,
) -> None:
    people = [await arrive(committed_client, name) for name in ("ana", "bob", "eve", "dan")]
    posts = [await person.write() for person in people]
    for post in posts:
        for person in people:
            await person.say(post)
    ends = [person.send("DELETE", "/users/me", current_password=PASSWORD) for person in people[:3]]
    deletions = [person.send("DELETE", f"/posts/{post}") for person, post in zip(people[:3], posts, strict=False)]
    assert (await statuses(*ends, *deletions)).keys() <= {204, 401, 404}
    assert (await committed_client.get(f"/posts/{posts[3]}")).json()["comment_count"] == 1


async def test_of_five_deletions_of_one_post_one_succeeds(committed_client: httpx.AsyncClient) -> None:
    ana = await arrive(committed_client, "ana")
    post = await ana.write()
    assert await statuses(*(ana.send("DELETE", f"/posts/{post}") for _ in range(5))) == {204: 1, 404: 4}


async def test_a_change_to_a_post_that_is_being_deleted_is_made_or_refused_but_never_an_error(
    committed_client: httpx.AsyncClient,
) -> None:
    ana = await arrive(committed_client, "ana")
    for _ in range(5):
        post = await ana.write()
        changes = [ana.send("PATCH", f"/posts/{post}", title=f"Title {n}") for n in range(6)]
        answers = await statuses(*changes[:3], ana.send("DELETE", f"/posts/{post}"), *changes[3:])
        assert answers.keys() <= {200, 204, 404}
        assert answers[204] == 1


async def test_a_comment_may_be_changed_and_deleted_by_two_people_at_once(committed_client: httpx.AsyncClient) -> None:
    ana, bob = await arrive(committed_client, "ana"), await arrive(committed_client, "bob")
    post = await ana.write()
    for _ in range(5):
        path = f"/comments/{await bob.say(post)}"
        answers = await statuses(
            bob.send("PATCH", path, body="Or rather"),
            ana.send("DELETE", path),
            bob.send("DELETE", path),
            bob.send("PATCH", path, body="Or not"),
        )
        assert answers.keys() <= {200, 204, 404}
        assert answers[204] == 1


async def test_changes_to_one_post_at_once_are_all_made(committed_client: httpx.AsyncClient) -> None:
    ana = await arrive(committed_client, "ana")
    post = await ana.write()
    assert await statuses(*(ana.send("PATCH", f"/posts/{post}", title=f"Title {n}") for n in range(10))) == {200: 10}


async def test_somebody_whose_account_is_deleted_meanwhile_is_told_to_log_in(
    committed_client: httpx.AsyncClient, committed_database: Database
) -> None:
    ana, bob = await arrive(committed_client, "ana"), await arrive(committed_client, "bob")
    post = await bob.write()

    async def delete_account() -> httpx.Response:
        async with committed_database.transaction() as session:
            await session.execute(delete(User).where(User.id == ana.id))
        return httpx.Response(204)

    answers = await statuses(
        ana.send("POST", "/posts", title="A title", body="A body"),
        ana.send("PATCH", "/users/me", display_name="Ghost"),
        delete_account(),
        ana.send("POST", f"/posts/{post}/comments", body="Boo"),
        ana.send("POST", "/posts", title="A title", body="A body"),
    )
    assert answers.keys() <= {200, 201, 204, 401}
    assert (await ana.send("GET", "/users/me")).status_code == 401


async def test_no_login_holds_a_connection_while_it_waits_for_the_hasher(
    app: FastAPI, committed_client: httpx.AsyncClient, pool: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = 0
    all_wait = asyncio.Event()
    held_meanwhile = []

    async def verify_password(plain: str, hashed: str) -> bool:
        nonlocal waiting
        waiting += 1
        if waiting == 20:
            held_meanwhile.append(pool.engine.pool.checkedout())  # type: ignore[attr-defined]
            all_wait.set()
        await all_wait.wait()
        return True

    await arrive(committed_client, "ana")
    monkeypatch.setattr(users_service, "verify_password", verify_password)
    form = {"username": "ana@example.com", "password": PASSWORD}
    assert await statuses(*(committed_client.post("/auth/login", data=form) for _ in range(20))) == {200: 20}
    assert held_meanwhile == [0]
