"""Keyset pagination, over HTTP: three lists, one way."""

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from databases import Database
from fastapi import FastAPI
from sqlalchemy import update
from visitors import Visitor, arrive

from app.database.pagination import Position, from_cursor, to_cursor
from app.models import Post


async def pages_of(client: httpx.AsyncClient, path: str) -> AsyncIterator[list[int]]:
    """Follow the links from page to page, and yield the ids of each."""
    while path:
        response = await client.get(path)
        assert response.status_code == 200, response.text
        yield [item["id"] for item in response.json()["items"]]
        assert ("next" in response.links) == (response.json()["next_cursor"] is not None)
        path = response.links.get("next", {}).get("url", "")


async def test_following_the_links_shows_each_post_once_the_newest_first(
    client: httpx.AsyncClient, ana: Visitor
) -> None:
    written = [await ana.write() for _ in range(5)]
    pages = [page async for page in pages_of(client, "/posts?limit=2")]
    assert pages == [written[4:2:-1], written[2:0:-1], written[:1]]


async def test_a_list_that_fills_its_last_page_has_no_empty_page_after_it(
    client: httpx.AsyncClient, ana: Visitor
) -> None:
    written = [await ana.write() for _ in range(4)]
    assert [page async for page in pages_of(client, "/posts?limit=2")] == [written[:1:-1], written[1::-1]]


async def test_posts_of_the_same_moment_are_told_apart_by_id(
    client: httpx.AsyncClient, ana: Visitor, database: Database
) -> None:
    written = [await ana.write() for _ in range(5)]
    async with database.transaction() as session:
        await session.execute(update(Post).values(created_at=datetime(2026, 1, 1, tzinfo=UTC)))
    assert [page async for page in pages_of(client, "/posts?limit=1")] == [[post] for post in reversed(written)]


async def test_time_comes_before_id(client: httpx.AsyncClient, ana: Visitor, database: Database) -> None:
    written = [await ana.write() for _ in range(3)]
    async with database.transaction() as session:
        for days, post_id in enumerate(written):
            moment = datetime(2026, 1, 10, tzinfo=UTC) - timedelta(days=days)
            await session.execute(update(Post).where(Post.id == post_id).values(created_at=moment))
    assert [page async for page in pages_of(client, "/posts?limit=1")] == [[post] for post in written]


async def test_posts_written_while_somebody_pages_do_not_repeat_others(client: httpx.AsyncClient, ana: Visitor) -> None:
    written = [await ana.write() for _ in range(6)]
    seen = []
    async for page in pages_of(client, "/posts?limit=2"):
        seen += page
        await ana.write("New")
    assert seen == written[::-1]


async def test_posts_deleted_while_somebody_pages_hide_no_others(client: httpx.AsyncClient, ana: Visitor) -> None:
    written = [await ana.write() for _ in range(6)]
    seen = []
    async for page in pages_of(client, "/posts?limit=2"):
        seen += page
        await ana.send("DELETE", f"/posts/{page[-1]}")
    assert seen == written[::-1]


async def test_comments_written_while_somebody_pages_come_at_the_end(client: httpx.AsyncClient, ana: Visitor) -> None:
    post = await ana.write()
    said = [await ana.say(post) for _ in range(3)]
    pages = pages_of(client, f"/posts/{post}/comments?limit=2")
    seen = await anext(pages)
    said.append(await ana.say(post))
    async for page in pages:
        seen += page
    assert seen == said


async def test_users_are_paged_too(client: httpx.AsyncClient, ana: Visitor, bob: Visitor) -> None:
    assert [page async for page in pages_of(client, "/users?limit=1")] == [[bob.id], [ana.id]]


async def test_the_link_keeps_the_other_parameters_and_names_no_host(client: httpx.AsyncClient, ana: Visitor) -> None:
    for _ in range(2):
        await ana.write()
    path = f"/posts?author_id={ana.id}&limit=1&note=a%26b%C3%A9"
    response = await client.get(path, headers={"Host": "elsewhere.example"})
    cursor = response.json()["next_cursor"]
    assert response.headers["link"] == f'<{path}&cursor={cursor}>; rel="next"'


async def test_what_leads_somewhere_is_percent_encoded_and_below_the_root_path(
    app: FastAPI, database: Database
) -> None:
    transport = httpx.ASGITransport(app, root_path="/a b/é")
    async with httpx.AsyncClient(transport=transport, base_url="http://app.test/a b/é") as client:
        ana = await arrive(client, "ana")
        written = await ana.send("POST", "/posts", title="A title", body="A body")
        post = written.json()["id"]
        assert written.headers["location"] == f"/a%20b/%C3%A9/posts/{post}"
        said = [await ana.send("POST", f"/posts/{post}/comments", body="A remark") for _ in range(2)]
        assert said[0].headers["location"] == f"/a%20b/%C3%A9/comments/{said[0].json()['id']}"
        page = await client.get(f"/posts/{post}/comments", params={"limit": 1, "note": "ü>; rel=x"})
        assert page.headers["link"].startswith(
            f"</a%20b/%C3%A9/posts/{post}/comments?limit=1&note=%C3%BC%3E%3B+rel%3Dx&"
        )


async def test_a_page_of_one_author_goes_on_with_that_author(
    client: httpx.AsyncClient, ana: Visitor, bob: Visitor
) -> None:
    mine = [await visitor.write() for visitor in (ana, bob, ana)][::2]
    assert [page async for page in pages_of(client, f"/posts?author_id={ana.id}&limit=1")] == [
        [post] for post in mine[::-1]
    ]


async def test_a_page_has_20_items_unless_asked_otherwise_and_100_at_most(
    client: httpx.AsyncClient, ana: Visitor
) -> None:
    post = await ana.write()
    for _ in range(101):
        await ana.say(post)
    for query, length in (("", 20), ("?limit=1", 1), ("?limit=100", 100)):
        assert len((await client.get(f"/posts/{post}/comments{query}")).json()["items"]) == length


@pytest.mark.parametrize("limit", ["0", "-1", "101", "99999999999999999999", "many", ""])
async def test_another_limit_is_refused(client: httpx.AsyncClient, limit: str) -> None:
    for path in ("/posts", "/users"):
        response = await client.get(path, params={"limit": limit})
        assert response.status_code == 422
        assert response.json()["errors"][0]["pointer"] == "/query/limit"


GOOD = Position(datetime(2026, 1, 1, 12, 30, 15, 123456, tzinfo=UTC), 42)


def test_a_cursor_leads_back_to_its_position_to_the_microsecond() -> None:
    assert from_cursor(to_cursor(GOOD)) == GOOD


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "=" * 27, "A" * 27, "A" * 10_000, "nul\0", "é", "42", to_cursor(GOOD) + "=", "-" * 27],
)
async def test_a_cursor_that_we_did_not_make_is_refused(client: httpx.AsyncClient, ana: Visitor, cursor: str) -> None:
    for path in ("/posts", "/users", f"/posts/{await ana.write()}/comments"):
        response = await client.get(path, params={"cursor": cursor})
        assert response.status_code == 422
        assert response.json()["errors"][0]["pointer"] == "/query/cursor"


def test_a_text_that_is_no_cursor_is_a_value_error() -> None:
    for text in ("no cursor", "2026-01-01T00:00:00,7", "2026-01-01T00:00:00+00:00,0", "0001-01-01T00:00:00+23:59,7"):
        for cursor in (text, urlsafe_b64encode(text.encode()).decode().rstrip("=")):
            with pytest.raises(ValueError):  # noqa: PT011 (whatever its text: no wording is asked for)
                from_cursor(cursor)
