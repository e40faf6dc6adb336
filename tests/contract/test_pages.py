"""Pages of the blog: cut by a cursor, so that rows which come and go meanwhile neither repeat nor hide others."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from conftest import Newcomer, Refused
from profiles import Endpoint
from visitor import Visitor

pytestmark = pytest.mark.stages("06")

Path = Callable[[Endpoint], str]


@dataclass
class Shelf:
    """A list of rows that one test has for itself: a new author's posts, or the comments under a new post."""

    visitor: Visitor
    path: str
    params: dict[str, Any]
    write: Callable[[str], Awaitable[Any]]
    row_path: str
    newest_first: bool

    async def fill(self, count: int) -> list[int]:
        """Write so many rows, and return their ids in the order of the list."""
        ids = [(await self.write(str(number)))["id"] for number in range(count)]
        return ids[::-1] if self.newest_first else ids

    async def page(self, **params: Any) -> Any:
        return await self.visitor.read(self.path, **self.params, **params)

    async def rest(self, limit: int, cursor: str | None) -> list[int]:
        """The ids on all the pages from this cursor on."""
        ids: list[int] = []
        while cursor is not None:
            page = await self.page(limit=limit, cursor=cursor)
            ids += [row["id"] for row in page["items"]]
            cursor = page["next_cursor"]
        return ids

    async def delete(self, row_id: int) -> None:
        assert (await self.visitor.delete(self.row_path.format(row_id))).status_code == 204


@pytest.fixture(params=["posts", "comments"])
async def shelf(request: pytest.FixtureRequest, newcomer: Newcomer, ann: Visitor) -> Shelf:
    visitor = await newcomer()
    await ann.write_comment((await ann.write_post())["id"])  # rows of the same kind that are not on the shelf
    if request.param == "posts":
        author_id = (await visitor.read("/users/me"))["id"]
        return Shelf(visitor, "/posts", {"author_id": author_id}, visitor.write_post, "/posts/{}", newest_first=True)
    post = await visitor.write_post()

    async def write(body: str) -> Any:
        return await visitor.write_comment(post["id"], body)

    return Shelf(visitor, f"/posts/{post['id']}/comments", {}, write, "/comments/{}", newest_first=False)


async def test_pages_follow_each_other_without_a_gap(shelf: Shelf) -> None:
    ids = await shelf.fill(7)
    page = await shelf.page(limit=3)
    assert set(page) == {"items", "next_cursor"}
    assert isinstance(page["next_cursor"], str)
    assert [row["id"] for row in page["items"]] + await shelf.rest(3, page["next_cursor"]) == ids


async def test_a_page_holds_20_unless_asked_otherwise(shelf: Shelf) -> None:
    ids = await shelf.fill(21)
    page = await shelf.page()
    assert [row["id"] for row in page["items"]] == ids[:20]
    assert await shelf.rest(20, page["next_cursor"]) == ids[20:]


@pytest.mark.parametrize("limit", [3, 4, 100])
async def test_there_is_no_next_page_where_nothing_is_left(shelf: Shelf, limit: int) -> None:
    await shelf.fill(3)
    response = await shelf.visitor.get(shelf.path, params={**shelf.params, "limit": limit})
    assert len(response.json()["items"]) == 3
    assert response.json()["next_cursor"] is None
    assert "link" not in response.headers


@pytest.mark.wire
async def test_the_link_header_leads_to_the_next_page_under_the_same_query(shelf: Shelf) -> None:
    ids = await shelf.fill(5)
    seen: list[int] = []
    response = await shelf.visitor.get(shelf.path, params={**shelf.params, "limit": 2})
    while True:
        page = response.json()
        assert ("next" in response.links) == (page["next_cursor"] is not None)
        assert len(page["items"]) <= 2
        seen += [row["id"] for row in page["items"]]
        if "next" not in response.links:
            break
        response = await shelf.visitor.get(response.links["next"]["url"])
    assert seen == ids


async def test_rows_added_while_paging_neither_repeat_nor_hide_others(shelf: Shelf) -> None:
    ids = await shelf.fill(6)
    page = await shelf.page(limit=2)
    added = await shelf.fill(3)
    seen = [row["id"] for row in page["items"]] + await shelf.rest(2, page["next_cursor"])
    assert seen == (ids if shelf.newest_first else ids + added)


async def test_rows_deleted_while_paging_hide_no_others(shelf: Shelf) -> None:
    ids = await shelf.fill(8)
    page = await shelf.page(limit=3)
    for index in (0, 1, 2, 5):
        await shelf.delete(ids[index])
    assert await shelf.rest(3, page["next_cursor"]) == [ids[3], ids[4], ids[6], ids[7]]


@pytest.mark.wire
async def test_rows_written_at_the_same_moment_are_all_listed_once(shelf: Shelf) -> None:
    rows = await asyncio.gather(*(shelf.write(str(number)) for number in range(10)))
    page = await shelf.page(limit=1)
    seen = [row["id"] for row in page["items"]] + await shelf.rest(1, page["next_cursor"])
    assert len(seen) == 10
    assert set(seen) == {row["id"] for row in rows}


async def test_a_cursor_can_be_used_again_and_with_another_limit(shelf: Shelf) -> None:
    ids = await shelf.fill(6)
    cursor = (await shelf.page(limit=2))["next_cursor"]
    assert await shelf.rest(1, cursor) == await shelf.rest(100, cursor) == ids[2:]


async def test_the_pages_of_users_show_each_once(newcomer: Newcomer, nobody: Visitor) -> None:
    for _ in range(3):
        await newcomer()
    seen: list[int] = []
    cursor: dict[str, str] = {}
    for _ in range(50):  # an address may have more users than a test wants to read
        page = await nobody.read("/users", limit=2, **cursor)
        seen += [user["id"] for user in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert len(seen) >= 3
    assert len(seen) == len(set(seen))


@pytest.mark.own_server
async def test_the_pages_of_users_hide_nobody(newcomer: Newcomer, nobody: Visitor) -> None:
    users = {(await (await newcomer()).read("/users/me"))["id"] for _ in range(3)}
    seen: set[int] = set()
    cursor: dict[str, str] | None = {}
    while cursor is not None:
        page = await nobody.read("/users", limit=10, **cursor)
        seen |= {user["id"] for user in page["items"]}
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None
    assert users <= seen


def base64_of(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    ["no-answer-repeats-me", "0", "-1", "null", "%00", "%ff", "a" * 5_000, "====", "🌍", "..", "[]",
     base64_of("junk"), base64_of("[]"), base64_of("null"), base64_of("0|0"), base64_of("[1e999, 1]"),
     base64_of('["9999999-01-01T00:00:00Z", 1]'), base64_of(f"[0, {2**63}]"), base64_of("\0")],
)  # fmt: skip
async def test_a_cursor_that_no_page_gave_is_a_422_that_names_it_and_never_repeats_it(
    nobody: Visitor, page_endpoint: Endpoint, endpoint_path: Path, refused: Refused, cursor: str
) -> None:
    response = await nobody.get(f"{endpoint_path(page_endpoint)}?cursor={cursor}")
    refused(response, 422, field="cursor")
    assert "no-answer-repeats-me" not in response.text


async def test_a_cursor_that_was_tampered_with_is_no_error_of_the_server(shelf: Shelf, refused: Refused) -> None:
    await shelf.fill(3)
    cursor = (await shelf.page(limit=2))["next_cursor"]
    halves = [cursor[:1], cursor[: len(cursor) // 2], cursor[:-1], cursor[1:], cursor + cursor, cursor + "A"]
    flipped = [cursor[:i] + ("A" if cursor[i] != "A" else "Q") + cursor[i + 1 :] for i in range(len(cursor))]
    for each in [*halves, *flipped, *out_of_range(cursor)]:
        response = await shelf.visitor.get(shelf.path, params={**shelf.params, "cursor": each})
        if response.status_code != 200:
            refused(response, 422, field="cursor")


def out_of_range(cursor: str) -> list[str]:
    """If the cursor is base64 of some text: the same text with its digits driven out of every range."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        return []
    digits = [index for index, character in enumerate(text) if character.isdigit()]
    changed = [text[:index] + new + text[index + 1 :] for index in digits for new in ("9", "0", "99999999999999999999")]
    changed += ["".join("9" if each.isdigit() else each for each in text), text + "\0", text.replace("-", "−")]
    return [base64_of(each) for each in changed]
