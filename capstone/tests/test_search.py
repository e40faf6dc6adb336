"""Searching posts."""

from typing import Any

import httpx
import pytest
from databases import Database
from sqlalchemy import Text, cast, event, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from visitors import Visitor

from app.database.pagination import PageParams
from app.services import posts_service


async def search(client: httpx.AsyncClient, q: str, **more: object) -> list[int]:
    response = await client.get("/posts", params={"q": q, **more})
    assert response.status_code == 200, response.text
    return [item["id"] for item in response.json()["items"]]


async def test_a_search_looks_at_titles_and_bodies_and_shows_the_newest_first(
    client: httpx.AsyncClient, ana: Visitor
) -> None:
    in_title = await ana.write("On pooling connections", "x")
    await ana.write("Nothing", "of the kind")
    in_body = await ana.write("A title", "x " * 49_000 + "Connections, pooled.")
    assert await search(client, "connection pool") == [in_body, in_title]
    assert await search(client, "POOLS") == [in_body, in_title]
    assert await search(client, "unheard") == []


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ('"red fox"', ["the red fox"]),
        ('"fox red"', ["the red fox"]),
        ("fox -red", ["the fox, well-read"]),
        ("quokka or well-read", ["the fox, well-read", "quokka_v2.md"]),
        ("well-read", ["the fox, well-read"]),
        ("quokka_v2.md", ["quokka_v2.md"]),
        ("docs/quokka", []),
        ("<script>", []),
        ("the", []),
        ("' OR 1=1; -- & | ! ( ) : * \\ \"", []),
        ("--- \" ' <-> !!", []),
        ("%", []),
        ("é😀", []),
        ("quokka–red", []),
        ("red–fox", ["the red fox"]),
        ("“red” fox’s", ["the red fox"]),
    ],
)
async def test_a_search_understands_what_people_type_and_fails_at_nothing(
    client: httpx.AsyncClient, ana: Visitor, q: str, found: list[str]
) -> None:
    titles = {await ana.write(title): title for title in ("quokka_v2.md", "the red fox", "the fox, well-read")}
    assert [titles[post] for post in await search(client, q)] == found


@pytest.mark.parametrize(
    "text",
    ["“quokka”", "quokka—an animal", "quokka…", "quokka’s", "«quokka»", "a\xa0quokka", "東京、quokka", "¿quokka?"],
)
async def test_a_word_ends_at_the_marks_of_every_script(client: httpx.AsyncClient, ana: Visitor, text: str) -> None:
    post = await ana.write(text)
    assert await search(client, "quokka") == [post]
    assert await search(client, text) == [post]


async def test_a_phrase_is_looked_for_as_words(session: AsyncSession) -> None:
    query = select(cast(posts_service.QUERY, Text))
    assert await session.scalar(query, {"q": 'a "red fox" or "fox of red"'}) == "'red' & 'fox' | 'fox' & 'red'"


@pytest.mark.parametrize("q", ["", " ", "\t\n"])
async def test_a_blank_search_is_none(client: httpx.AsyncClient, ana: Visitor, q: str) -> None:
    post = await ana.write()
    assert await search(client, q) == [post]


@pytest.mark.parametrize("q", ["nul\0", "x" * 201, "\0"])
async def test_a_search_that_can_not_be_is_refused(client: httpx.AsyncClient, q: str) -> None:
    response = await client.get("/posts", params={"q": q})
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/query/q"


async def test_bytes_that_are_no_text_find_nothing(client: httpx.AsyncClient, ana: Visitor) -> None:
    await ana.write()
    response = await client.get("/posts?q=%FF%ED%A0%80")
    assert response.status_code == 200
    assert response.json()["items"] == []
    assert await search(client, "😀" * 200) == []


async def test_a_search_goes_on_page_by_page_and_within_one_author(
    client: httpx.AsyncClient, ana: Visitor, bob: Visitor
) -> None:
    mine = []
    for number in range(3):
        mine.append(await ana.write(f"Fox {number}"))
        await bob.write(f"Fox {number}")
        await ana.write("Hen")
    seen = []
    path = f"/posts?q=fox&author_id={ana.id}&limit=1"
    while path:
        response = await client.get(path)
        seen += [item["id"] for item in response.json()["items"]]
        path = response.links.get("next", {}).get("url", "")
    assert seen == mine[::-1]


@pytest.mark.parametrize("mark", ["a_", "~/", "a-1", "<!--", "a.", "a@b.c/", "&a", "a:"])
async def test_a_text_of_nothing_but_marks_is_read_at_once(client: httpx.AsyncClient, ana: Visitor, mark: str) -> None:
    """Unless told to pass over them, PostgreSQL tries every reading of some of these, for hours."""
    response = await ana.send("POST", "/posts", title="Marks", body=(mark * 100_000)[:100_000])
    assert response.status_code == 201


@pytest.mark.parametrize("of_author", [False, True])
async def test_a_search_reads_the_index_and_not_every_post(database: Database, ana: Visitor, of_author: bool) -> None:
    for number in range(30):
        await ana.write(
            f"Post {number}", "word " * 10_000
        )  # few rows, but long: what is cheap to read is not to search
    ran = []

    def note(*event: Any) -> None:
        ran.append(event[2:4])

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    async with database.transaction() as session:
        await session.execute(text("ANALYZE posts"))  # as the server does by itself, a minute later
        author_id = ana.id if of_author else None
        await posts_service.list_posts(database.writer, author_id=author_id, q="fox", params=PageParams(20))
        statement, values = next(each for each in ran if "websearch" in each[0])
        explained = await (await session.connection()).exec_driver_sql(f"EXPLAIN {statement}", values)
        plan = "\n".join(explained.scalars())
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)
    assert "ix_posts_search" in plan, plan
    assert plan.index("CTE found") < plan.index("ix_posts_search") < plan.index("CTE Scan on found"), plan
