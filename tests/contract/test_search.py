"""Full-text search: `GET /posts?q=`."""

from secrets import token_hex
from typing import Any

import pytest
from conftest import Newcomer
from visitor import Visitor

pytestmark = pytest.mark.stages("06")


@pytest.fixture
def word() -> str:
    """A word that stands in no other post."""
    return f"quokka{token_hex(6)}x"


async def search(visitor: Visitor, q: str, **params: Any) -> list[int]:
    page = await visitor.read("/posts", q=q, **params)
    return [item["id"] for item in page["items"]]


async def test_a_search_finds_words_of_titles_and_bodies_the_newest_post_first(
    ann: Visitor, nobody: Visitor, word: str
) -> None:
    in_title = await ann.write_post(f"About the {word}", "Nothing else")
    await ann.write_post("About something else", "Nothing else")
    in_body = await ann.write_post("A title", f"{'More words. ' * 1_000} Here is the {word}, at the end.")
    assert await search(nobody, word) == [in_body["id"], in_title["id"]]
    assert await search(nobody, word.upper()) == [in_body["id"], in_title["id"]]
    assert await search(nobody, f"{word}y") == []


async def test_what_is_found_looks_as_it_does_in_the_list(newcomer: Newcomer, word: str) -> None:
    visitor = await newcomer()
    await visitor.write_post(word)
    listed = await visitor.read("/posts", author_id=(await visitor.read("/users/me"))["id"])
    assert await visitor.read("/posts", q=word) == listed


async def test_of_two_words_both_must_be_there(ann: Visitor, nobody: Visitor, word: str) -> None:
    await ann.write_post(word, "alone")
    both = await ann.write_post(word, "with a porcupine")
    assert await search(nobody, f"{word} porcupine") == [both["id"]]


async def test_a_word_is_found_in_its_other_forms(ann: Visitor, nobody: Visitor, word: str) -> None:
    post = await ann.write_post(word, "Connections, pooled.")
    assert await search(nobody, f"{word} connection") == [post["id"]]


async def test_a_search_knows_what_has_changed_and_what_has_gone(ann: Visitor, nobody: Visitor, word: str) -> None:
    post = await ann.write_post(f"{word}old")
    await ann.patch(f"/posts/{post['id']}", json={"title": f"{word}new"})
    assert await search(nobody, f"{word}old") == []
    assert await search(nobody, f"{word}new") == [post["id"]]
    await ann.delete(f"/posts/{post['id']}")
    assert await search(nobody, f"{word}new") == []


async def test_a_search_within_one_authors_posts(ann: Visitor, newcomer: Newcomer, nobody: Visitor, word: str) -> None:
    visitor = await newcomer()
    await ann.write_post(word)
    post = await visitor.write_post(word)
    author_id = (await visitor.read("/users/me"))["id"]
    assert await search(nobody, word, author_id=author_id) == [post["id"]]


async def test_what_is_found_comes_in_pages_too(ann: Visitor, nobody: Visitor, word: str) -> None:
    posts = []
    for _ in range(5):
        posts.append((await ann.write_post(word))["id"])
        await ann.write_post("something else")
    found: list[int] = []
    response = await nobody.get("/posts", params={"q": word, "limit": 2})
    while True:
        found += [item["id"] for item in response.json()["items"]]
        if "next" not in response.links:
            break
        response = await nobody.get(response.links["next"]["url"])
    assert found == posts[::-1]


@pytest.mark.parametrize(
    "q",
    ["", " ", "the", "'", '"', '"half a phrase', "-", "--", "- -", "or", "OR or", "& | ! ( ) : * <-> \\", "%", "_",
     "'; DROP TABLE posts; --", "a:*", "!a", "(", "\ud7ff", "\U0010ffff", "é", "世界", "🌍", "a" * 200, "\x01\x7f\x85",
     "http://example.com/a?b=c", "a@b.example", "<script>", "{}", "$1", "\\u0000"],
)  # fmt: skip
async def test_whatever_is_searched_for_is_no_error(nobody: Visitor, q: str) -> None:
    assert (await nobody.get("/posts", params={"q": q})).status_code == 200


@pytest.mark.wire
@pytest.mark.parametrize("query", ["q=%00", "q=a%00b", f"q={'a' * 5_000}", "q=%FF%FE", "q=%ED%A0%80", "q=a&q=b", "q"])
async def test_a_search_that_cannot_be_is_no_error_of_the_server(nobody: Visitor, query: str) -> None:
    assert (await nobody.get(f"/posts?{query}")).status_code in (200, 422)


@pytest.mark.parametrize("query", ["q=%00", "q=a%00b"])
async def test_a_nul_in_a_search_is_a_422(nobody: Visitor, query: str) -> None:
    assert (await nobody.get(f"/posts?{query}")).status_code == 422
