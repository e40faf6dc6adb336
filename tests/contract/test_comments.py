"""Comments of the blog: a thread under each post."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from conftest import Newcomer, Refused
from visitor import Visitor

pytestmark = pytest.mark.stages("06")

ABSENT = 2**62
ROUNDS = 10  # a race is lost now and then
COMMENT = {"id", "post_id", "body", "author", "created_at", "updated_at"}


@pytest.fixture
async def post(ann: Visitor) -> Any:
    """A post of ann's, without comments."""
    return await ann.write_post()


async def test_a_new_comment_is_a_201_with_its_location(ben: Visitor, post: Any) -> None:
    response = await ben.post(f"/posts/{post['id']}/comments", json={"body": "Well said."})
    assert response.status_code == 201
    comment = response.json()
    assert set(comment) >= COMMENT
    assert (comment["body"], comment["post_id"]) == ("Well said.", post["id"])
    me = await ben.read("/users/me")
    assert comment["author"].items() >= {"id": me["id"], "display_name": me["display_name"]}.items()
    assert response.headers["location"] == f"/comments/{comment['id']}"


async def test_everybody_reads_a_comment_at_its_location(ben: Visitor, nobody: Visitor, post: Any) -> None:
    response = await ben.post(f"/posts/{post['id']}/comments", json={"body": "Well said."})
    assert await nobody.read(response.headers["location"]) == response.json()


async def test_a_thread_is_oldest_first(ann: Visitor, ben: Visitor, nobody: Visitor, post: Any) -> None:
    written = [await visitor.write_comment(post["id"], text) for visitor, text in ((ben, "1"), (ann, "2"), (ben, "3"))]
    assert (await nobody.read(f"/posts/{post['id']}/comments"))["items"] == written


async def test_a_thread_holds_the_comments_of_its_post_alone(ann: Visitor, nobody: Visitor, post: Any) -> None:
    other = await ann.write_post()
    await ann.write_comment(other["id"])
    assert await nobody.read(f"/posts/{post['id']}/comments") == {"items": [], "next_cursor": None}


async def test_a_post_counts_its_comments_alone_and_in_the_list(
    newcomer: Newcomer, ben: Visitor, nobody: Visitor
) -> None:
    visitor = await newcomer()
    quiet, busy = await visitor.write_post("quiet"), await visitor.write_post("busy")
    comments = [await ben.write_comment(busy["id"]) for _ in range(3)]

    async def counts() -> list[int]:
        page = await nobody.read("/posts", author_id=busy["author"]["id"])
        single = [(await nobody.read(f"/posts/{each['id']}"))["comment_count"] for each in (busy, quiet)]
        assert [each["comment_count"] for each in page["items"]] == single
        return single

    assert await counts() == [3, 0]
    await ben.delete(f"/comments/{comments[0]['id']}")
    assert await counts() == [2, 0]


async def test_a_patch_changes_the_body_and_when_the_comment_was_updated(ben: Visitor, post: Any) -> None:
    comment = await ben.write_comment(post["id"], "Wel said.")
    response = await ben.patch(f"/comments/{comment['id']}", json={"body": "Well said."})
    assert response.status_code == 200
    changed = response.json()
    assert changed == comment | {"body": "Well said.", "updated_at": changed["updated_at"]}
    assert datetime.fromisoformat(changed["updated_at"]) > datetime.fromisoformat(comment["updated_at"])
    assert await ben.read(f"/comments/{comment['id']}") == changed


async def test_an_empty_patch_changes_nothing(ben: Visitor, post: Any) -> None:
    comment = await ben.write_comment(post["id"])
    assert (await ben.patch(f"/comments/{comment['id']}", json={})).status_code in (200, 422)
    after = await ben.read(f"/comments/{comment['id']}")
    assert after == comment | {"updated_at": after["updated_at"]}


async def test_only_its_author_changes_a_comment_not_even_the_posts(
    ann: Visitor, ben: Visitor, newcomer: Newcomer, refused: Refused, post: Any
) -> None:
    comment = await ben.write_comment(post["id"])
    for other in (ann, await newcomer()):
        refused(await other.patch(f"/comments/{comment['id']}", json={"body": "Mine now"}), 403)
    assert await ben.read(f"/comments/{comment['id']}") == comment


@pytest.mark.parametrize("who", ["the comment's author", "the post's author"])
async def test_a_comment_is_deleted_by_its_author_or_the_posts(
    ann: Visitor, ben: Visitor, refused: Refused, post: Any, who: str
) -> None:
    comment = await ben.write_comment(post["id"])
    deleter = ben if who == "the comment's author" else ann
    response = await deleter.delete(f"/comments/{comment['id']}")
    assert response.status_code == 204
    assert response.content == b""
    refused(await ben.get(f"/comments/{comment['id']}"), 404)
    refused(await ben.patch(f"/comments/{comment['id']}", json={"body": "Back"}), 404)
    refused(await deleter.delete(f"/comments/{comment['id']}"), 404)
    assert (await ben.read(f"/posts/{post['id']}/comments"))["items"] == []


async def test_nobody_else_deletes_a_comment(ben: Visitor, newcomer: Newcomer, refused: Refused, post: Any) -> None:
    comment = await ben.write_comment(post["id"])
    other = await newcomer()
    await other.write_post()  # that one has posts of one's own does not help
    refused(await other.delete(f"/comments/{comment['id']}"), 403)
    assert await ben.read(f"/comments/{comment['id']}") == comment


async def test_deleting_a_post_deletes_its_comments(ann: Visitor, ben: Visitor, refused: Refused, post: Any) -> None:
    comment = await ben.write_comment(post["id"])
    assert (await ann.delete(f"/posts/{post['id']}")).status_code == 204
    refused(await ben.get(f"/comments/{comment['id']}"), 404)
    refused(await ben.get(f"/posts/{post['id']}/comments"), 404)
    refused(await ben.patch(f"/comments/{comment['id']}", json={"body": "Back"}), 404)


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PATCH", {"body": "x"}), ("DELETE", None)])
async def test_an_absent_comment_is_a_404(
    ann: Visitor, refused: Refused, method: str, body: dict[str, str] | None
) -> None:
    refused(await ann.request(method, f"/comments/{ABSENT}", json=body), 404)


@pytest.mark.wire
async def test_a_comment_on_a_post_that_is_being_deleted_is_a_201_or_a_404(
    ann: Visitor, ben: Visitor, refused: Refused
) -> None:
    for _ in range(ROUNDS):
        path = f"/posts/{(await ann.write_post())['id']}"
        comments = [ben.post(f"{path}/comments", json={"body": "Still there?"}) for _ in range(4)]
        first, deleted, *others = await asyncio.gather(comments[0], ann.delete(path), *comments[1:])
        assert deleted.status_code == 204
        for answer in [first, *others]:
            assert answer.status_code in (201, 404)
            if answer.status_code == 201:
                refused(await ben.get(answer.headers["location"]), 404)


@pytest.mark.wire
async def test_a_comment_that_is_changed_while_it_is_deleted_is_a_200_or_a_404(
    ann: Visitor, ben: Visitor, post: Any
) -> None:
    for _ in range(ROUNDS):
        path = f"/comments/{(await ben.write_comment(post['id']))['id']}"
        changes = [ben.patch(path, json={"body": f"body {number}"}) for number in range(4)]
        first, deleted, *others = await asyncio.gather(changes[0], ann.delete(path), *changes[1:])
        assert {answer.status_code for answer in [first, *others]} <= {200, 404}
        assert deleted.status_code == 204


@pytest.mark.wire
async def test_of_simultaneous_deletions_one_is_a_204_and_the_rest_are_404(
    ann: Visitor, ben: Visitor, post: Any
) -> None:
    comment = await ben.write_comment(post["id"])
    both = [ann, ben] * 3
    answers = await asyncio.gather(*(visitor.delete(f"/comments/{comment['id']}") for visitor in both))
    assert sorted(answer.status_code for answer in answers) == [204] + [404] * 5


@pytest.mark.wire
async def test_simultaneous_comments_are_all_counted(ann: Visitor, ben: Visitor, post: Any) -> None:
    await asyncio.gather(*(visitor.write_comment(post["id"]) for visitor in [ann, ben] * 5))
    assert (await ann.read(f"/posts/{post['id']}"))["comment_count"] == 10
