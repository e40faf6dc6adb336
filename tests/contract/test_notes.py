"""Notes: what 04 and 05a promise alike. That both pass this file is what "refactor" means."""

import asyncio

import pytest
from conftest import Newcomer, Refused
from visitor import Visitor

pytestmark = pytest.mark.stages("04", "05a")

ABSENT = 2**31 - 1
ROUNDS = 10  # a race is lost now and then


async def test_a_new_note_is_a_201_with_its_location(ann: Visitor) -> None:
    response = await ann.post("/notes", json={"title": "Milk", "content": "Two litres"})
    assert response.status_code == 201
    note = response.json()
    assert note.items() >= {"title": "Milk", "content": "Two litres"}.items()
    assert isinstance(note["id"], int)
    assert note["id"] > 0
    assert response.headers["location"] == f"/notes/{note['id']}"


async def test_no_cache_keeps_a_note(ann: Visitor) -> None:
    written = await ann.post("/notes", json={"title": "Milk", "content": "Two litres"})
    path = written.headers["location"]
    changed = await ann.patch(path, json={"title": "Oat milk"})
    for response in (written, changed, await ann.get(path), await ann.get("/notes"), await ann.delete(path)):
        assert response.headers["cache-control"] == "no-store"


async def test_a_note_is_read_at_its_location(ann: Visitor) -> None:
    response = await ann.post("/notes", json={"title": "Milk", "content": "Two litres"})
    assert await ann.read(response.headers["location"]) == response.json()


async def test_the_list_holds_ones_own_notes_newest_first(newcomer: Newcomer) -> None:
    visitor, other = await newcomer(), await newcomer()
    written = [await visitor.write_note(title) for title in ("one", "two", "three")]
    await other.write_note("another's")
    assert await visitor.read("/notes") == written[::-1]


async def test_a_newcomers_list_is_empty(newcomer: Newcomer) -> None:
    assert await (await newcomer()).read("/notes") == []


async def test_limit_and_offset_cut_a_window_out_of_the_list(newcomer: Newcomer) -> None:
    visitor = await newcomer()
    for number in range(5):
        await visitor.write_note(str(number))

    async def titles(**window: int) -> str:
        return "".join(note["title"] for note in await visitor.read("/notes", **window))

    assert await titles(limit=2) == "43"
    assert await titles(offset=1) == "3210"
    assert await titles(limit=2, offset=2) == "21"
    assert await titles(limit=2, offset=4) == "0"
    assert await titles(offset=5) == ""


async def test_without_a_limit_50_notes_are_listed(newcomer: Newcomer) -> None:
    visitor = await newcomer()
    await asyncio.gather(*(visitor.write_note() for _ in range(51)))
    assert len(await visitor.read("/notes")) == 50
    assert len(await visitor.read("/notes", limit=100)) == 51


@pytest.mark.parametrize("offset", [-1, 2_147_483_648, 2**63, 10**30, "abc", "1.5", ""])
async def test_an_offset_that_no_column_holds_is_a_422_that_names_it(
    ann: Visitor, refused: Refused, offset: object
) -> None:
    refused(await ann.get("/notes", params={"offset": str(offset)}), 422, field="offset")


async def test_the_largest_offset_is_an_empty_list(ann: Visitor) -> None:
    assert await ann.read("/notes", offset=2_147_483_647) == []


@pytest.mark.parametrize(
    "change", [{"title": "New"}, {"content": "New"}, {"content": ""}, {"title": "New", "content": "New too"}]
)
async def test_a_patch_changes_what_it_names_and_nothing_else(ann: Visitor, change: dict[str, str]) -> None:
    note = await ann.write_note("Old", "Old content")
    response = await ann.patch(f"/notes/{note['id']}", json=change)
    assert response.status_code == 200
    assert response.json() == note | change
    assert await ann.read(f"/notes/{note['id']}") == note | change


async def test_an_empty_patch_changes_nothing(ann: Visitor) -> None:
    note = await ann.write_note()
    assert (await ann.patch(f"/notes/{note['id']}", json={})).status_code in (200, 422)
    assert await ann.read(f"/notes/{note['id']}") == note


async def test_a_refused_patch_changes_nothing(ann: Visitor, refused: Refused) -> None:
    note = await ann.write_note()
    refused(await ann.patch(f"/notes/{note['id']}", json={"content": "New", "title": ""}), 422, field="title")
    assert await ann.read(f"/notes/{note['id']}") == note


async def test_a_deleted_note_is_gone(ann: Visitor, refused: Refused) -> None:
    note = await ann.write_note()
    response = await ann.delete(f"/notes/{note['id']}")
    assert response.status_code == 204
    assert response.content == b""
    refused(await ann.get(f"/notes/{note['id']}"), 404)
    refused(await ann.delete(f"/notes/{note['id']}"), 404)
    assert note not in await ann.read("/notes", limit=100)


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PATCH", {"title": "Mine now"}), ("DELETE", None)])
async def test_anothers_note_is_a_404_exactly_like_one_that_is_absent(
    ann: Visitor, ben: Visitor, refused: Refused, method: str, body: dict[str, str] | None
) -> None:
    note = await ann.write_note()
    others = await ben.request(method, f"/notes/{note['id']}", json=body)
    absent = await ben.request(method, f"/notes/{ABSENT}", json=body)
    refused(others, 404)
    refused(absent, 404)
    assert others.text.replace(str(note["id"]), "") == absent.text.replace(str(ABSENT), "")
    assert await ann.read(f"/notes/{note['id']}") == note


async def test_of_simultaneous_deletions_one_is_a_204_and_the_rest_are_404(ann: Visitor) -> None:
    note = await ann.write_note()
    answers = await asyncio.gather(*(ann.delete(f"/notes/{note['id']}") for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [204, 404, 404, 404, 404]


async def test_a_note_that_is_changed_while_it_is_deleted_is_a_200_or_a_404(ann: Visitor) -> None:
    for _ in range(ROUNDS):
        path = f"/notes/{(await ann.write_note())['id']}"
        changes = [ann.patch(path, json={"title": f"title {number}"}) for number in range(4)]
        first, deleted, *others = await asyncio.gather(changes[0], ann.delete(path), *changes[1:])
        assert {answer.status_code for answer in [first, *others]} <= {200, 404}
        assert deleted.status_code == 204
