"""Posts of the blog: everybody reads them, their authors write, change and delete them."""

import asyncio
import re
from datetime import datetime

import pytest
from conftest import Newcomer, Refused
from visitor import Visitor

pytestmark = pytest.mark.stages("06")

ABSENT = 2**62
ROUNDS = 10  # a race is lost now and then
SHARED = {"id", "title", "author", "comment_count", "created_at", "updated_at"}
RFC_3339_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")


async def user_id(visitor: Visitor) -> int:
    return int((await visitor.read("/users/me"))["id"])


async def test_a_new_post_is_a_201_with_its_location(ann: Visitor) -> None:
    response = await ann.post("/posts", json={"title": "Pools", "body": "Why connections are kept."})
    assert response.status_code == 201
    post = response.json()
    assert set(post) >= SHARED | {"body"}
    assert (post["title"], post["body"], post["comment_count"]) == ("Pools", "Why connections are kept.", 0)
    me = await ann.read("/users/me")
    assert post["author"].items() >= {"id": me["id"], "display_name": me["display_name"]}.items()
    assert response.headers["location"] == f"/posts/{post['id']}"


async def test_everybody_reads_a_post_at_its_location(ann: Visitor, nobody: Visitor) -> None:
    response = await ann.post("/posts", json={"title": "Pools", "body": "Why connections are kept."})
    assert await nobody.read(response.headers["location"]) == response.json()


async def test_times_are_rfc_3339_in_utc(ann: Visitor) -> None:
    post = await ann.write_post()
    assert RFC_3339_UTC.fullmatch(post["created_at"])
    assert RFC_3339_UTC.fullmatch(post["updated_at"])


async def test_the_list_shows_an_excerpt_in_place_of_the_body(newcomer: Newcomer, nobody: Visitor) -> None:
    visitor = await newcomer()
    post = await visitor.write_post(body="short")
    page = await nobody.read("/posts", author_id=await user_id(visitor))
    (item,) = page["items"]
    assert "body" not in item
    assert item["excerpt"] == "short"
    assert {key: item[key] for key in SHARED} == {key: post[key] for key in SHARED}


async def test_an_excerpt_is_the_beginning_of_a_long_body(newcomer: Newcomer, nobody: Visitor) -> None:
    visitor = await newcomer()
    body = " ".join(f"word{number}" for number in range(10_000))
    await visitor.write_post(body=body)
    (item,) = (await nobody.read("/posts", author_id=await user_id(visitor)))["items"]
    assert 0 < len(item["excerpt"]) < 2_000
    assert body.startswith(item["excerpt"].rstrip(". …"))


async def test_the_list_is_newest_first(newcomer: Newcomer, nobody: Visitor) -> None:
    visitor = await newcomer()
    for title in ("one", "two", "three"):
        await visitor.write_post(title)
    page = await nobody.read("/posts", author_id=await user_id(visitor))
    assert [post["title"] for post in page["items"]] == ["three", "two", "one"]


async def test_a_new_post_tops_the_list_of_all(ann: Visitor, nobody: Visitor) -> None:
    post = await ann.write_post()
    newest = (await nobody.read("/posts", limit=100))["items"]
    assert post["id"] in [each["id"] for each in newest]
    times = [datetime.fromisoformat(each["created_at"]) for each in newest]
    assert times == sorted(times, reverse=True)


async def test_author_id_picks_one_authors_posts(newcomer: Newcomer, nobody: Visitor) -> None:
    visitor, other = await newcomer(), await newcomer()
    post = await visitor.write_post()
    await other.write_post()
    page = await nobody.read("/posts", author_id=await user_id(visitor))
    assert [each["id"] for each in page["items"]] == [post["id"]]


async def test_an_author_who_wrote_nothing_has_an_empty_page(newcomer: Newcomer, nobody: Visitor) -> None:
    response = await nobody.get("/posts", params={"author_id": await user_id(await newcomer())})
    assert response.json() == {"items": [], "next_cursor": None}
    assert "link" not in response.headers


@pytest.mark.parametrize("author_id", ["abc", "1.5", "true", 2**63, 10**30, "%00"])
async def test_an_author_id_that_is_no_id_is_a_422_that_names_it(
    nobody: Visitor, refused: Refused, author_id: object
) -> None:
    refused(await nobody.get(f"/posts?author_id={author_id}"), 422, field="author_id")


@pytest.mark.parametrize("change", [{"title": "New"}, {"body": "New"}, {"title": "New", "body": "New too"}])
async def test_a_patch_changes_what_it_names_and_when_the_post_was_updated(
    ann: Visitor, nobody: Visitor, change: dict[str, str]
) -> None:
    post = await ann.write_post("Old", "Old body")
    response = await ann.patch(f"/posts/{post['id']}", json=change)
    assert response.status_code == 200
    changed = response.json()
    assert changed == post | change | {"updated_at": changed["updated_at"]}
    assert datetime.fromisoformat(changed["updated_at"]) > datetime.fromisoformat(post["updated_at"])
    assert await nobody.read(f"/posts/{post['id']}") == changed


async def test_an_empty_patch_changes_nothing(ann: Visitor) -> None:
    post = await ann.write_post()
    assert (await ann.patch(f"/posts/{post['id']}", json={})).status_code in (200, 422)
    after = await ann.read(f"/posts/{post['id']}")
    assert after == post | {"updated_at": after["updated_at"]}


async def test_a_refused_patch_changes_nothing(ann: Visitor, refused: Refused) -> None:
    post = await ann.write_post()
    refused(await ann.patch(f"/posts/{post['id']}", json={"body": "New", "title": ""}), 422, field="title")
    assert await ann.read(f"/posts/{post['id']}") == post


@pytest.mark.parametrize("field", ["id", "author", "author_id", "created_at", "updated_at", "comment_count", "excerpt"])
async def test_what_the_server_decides_cannot_be_sent(ann: Visitor, refused: Refused, field: str) -> None:
    refused(await ann.post("/posts", json={"title": "x", "body": "y", field: 1}), 422, field=field)


async def test_only_its_author_changes_a_post(ann: Visitor, ben: Visitor, refused: Refused) -> None:
    post = await ann.write_post()
    refused(await ben.patch(f"/posts/{post['id']}", json={"title": "Mine now"}), 403)
    assert await ben.read(f"/posts/{post['id']}") == post


async def test_only_its_author_deletes_a_post(ann: Visitor, ben: Visitor, refused: Refused) -> None:
    post = await ann.write_post()
    refused(await ben.delete(f"/posts/{post['id']}"), 403)
    assert await ben.read(f"/posts/{post['id']}") == post


async def test_a_deleted_post_is_gone(newcomer: Newcomer, nobody: Visitor, refused: Refused) -> None:
    visitor = await newcomer()
    post = await visitor.write_post()
    response = await visitor.delete(f"/posts/{post['id']}")
    assert response.status_code == 204
    assert response.content == b""
    refused(await nobody.get(f"/posts/{post['id']}"), 404)
    refused(await visitor.patch(f"/posts/{post['id']}", json={"title": "Back"}), 404)
    refused(await visitor.delete(f"/posts/{post['id']}"), 404)
    assert (await nobody.read("/posts", author_id=await user_id(visitor)))["items"] == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"/posts/{ABSENT}", None),
        ("PATCH", f"/posts/{ABSENT}", {"title": "x"}),
        ("DELETE", f"/posts/{ABSENT}", None),
        ("GET", f"/posts/{ABSENT}/comments", None),
        ("POST", f"/posts/{ABSENT}/comments", {"body": "x"}),
    ],
)
async def test_an_absent_post_is_a_404(
    ann: Visitor, refused: Refused, method: str, path: str, body: dict[str, str] | None
) -> None:
    refused(await ann.request(method, path, json=body), 404)


@pytest.mark.wire
async def test_of_simultaneous_deletions_one_is_a_204_and_the_rest_are_404(ann: Visitor) -> None:
    post = await ann.write_post()
    answers = await asyncio.gather(*(ann.delete(f"/posts/{post['id']}") for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [204, 404, 404, 404, 404]


@pytest.mark.wire
async def test_a_post_that_is_changed_while_it_is_deleted_is_a_200_or_a_404(ann: Visitor) -> None:
    for _ in range(ROUNDS):
        path = f"/posts/{(await ann.write_post())['id']}"
        changes = [ann.patch(path, json={"title": f"title {number}"}) for number in range(4)]
        first, deleted, *others = await asyncio.gather(changes[0], ann.delete(path), *changes[1:])
        assert {answer.status_code for answer in [first, *others]} <= {200, 404}
        assert deleted.status_code == 204
