"""Users of the blog: what they see of themselves, and what others see of them."""

import asyncio
from datetime import datetime

import pytest
from conftest import Newcomer, Refused
from visitor import Visitor, new_email

pytestmark = pytest.mark.stages("06")

ABSENT = 2**62
PROFILE = {"id", "display_name", "created_at", "post_count"}


async def test_me_is_ones_own_account(newcomer: Newcomer) -> None:
    visitor = await newcomer()
    me = await visitor.read("/users/me")
    assert set(me) >= {"id", "email", "display_name", "created_at"}
    assert isinstance(me["id"], int)
    assert me["id"] > 0
    assert me["email"] == visitor.email


async def test_a_display_name_starts_as_the_part_of_the_email_before_the_at(newcomer: Newcomer) -> None:
    visitor = await newcomer(new_email("ann.lee+blog"))
    assert (await visitor.read("/users/me"))["display_name"] == visitor.email.split("@")[0]


async def test_the_longest_local_part_can_register_too(newcomer: Newcomer) -> None:
    email = new_email("n" * 47)
    assert len(email.split("@")[0]) == 64
    assert (await (await newcomer(email)).read("/users/me"))["display_name"] == email.split("@")[0]


async def test_a_new_display_name_shows_wherever_its_owner_does(newcomer: Newcomer, nobody: Visitor) -> None:
    visitor = await newcomer()
    me = await visitor.read("/users/me")
    post = await visitor.write_post()
    comment = await visitor.write_comment(post["id"])

    response = await visitor.patch("/users/me", json={"display_name": "Ann 🌱"})
    assert response.status_code == 200
    assert response.json() == me | {"display_name": "Ann 🌱"}
    assert await visitor.read("/users/me") == response.json()

    author = {"id": me["id"], "display_name": "Ann 🌱"}
    assert (await nobody.read(f"/users/{me['id']}"))["display_name"] == "Ann 🌱"
    assert (await nobody.read(f"/posts/{post['id']}"))["author"].items() >= author.items()
    assert (await nobody.read(f"/comments/{comment['id']}"))["author"].items() >= author.items()


async def test_two_users_may_share_a_display_name(ann: Visitor, ben: Visitor) -> None:
    for visitor in (ann, ben):
        assert (await visitor.patch("/users/me", json={"display_name": "Twin"})).status_code == 200


async def test_nothing_but_the_display_name_can_be_changed(ann: Visitor, refused: Refused) -> None:
    before = await ann.read("/users/me")
    for field in ("email", "id", "created_at", "is_active", "hashed_password"):
        refused(await ann.patch("/users/me", json={"display_name": "New", field: "x"}), 422, field=field)
    assert await ann.read("/users/me") == before


async def test_an_empty_patch_changes_nothing(ann: Visitor) -> None:
    before = await ann.read("/users/me")
    assert (await ann.patch("/users/me", json={})).status_code in (200, 422)
    assert await ann.read("/users/me") == before


async def test_a_public_profile_shows_no_email(ann: Visitor, nobody: Visitor) -> None:
    me = await ann.read("/users/me")
    response = await nobody.get(f"/users/{me['id']}")
    assert response.status_code == 200
    assert set(response.json()) >= PROFILE
    assert response.json()["id"] == me["id"]
    assert response.json()["created_at"] == me["created_at"]
    assert "@" not in response.text


async def test_a_profile_counts_posts(newcomer: Newcomer, nobody: Visitor) -> None:
    visitor = await newcomer()
    path = f"/users/{(await visitor.read('/users/me'))['id']}"
    assert (await nobody.read(path))["post_count"] == 0

    posts = [await visitor.write_post() for _ in range(3)]
    assert (await nobody.read(path))["post_count"] == 3

    await visitor.delete(f"/posts/{posts[0]['id']}")
    assert (await nobody.read(path))["post_count"] == 2


async def test_an_absent_user_is_a_404(nobody: Visitor, refused: Refused) -> None:
    refused(await nobody.get(f"/users/{ABSENT}"), 404)


async def test_the_list_of_users_shows_public_profiles(ann: Visitor, nobody: Visitor) -> None:
    response = await nobody.get("/users", params={"limit": 100})
    assert response.status_code == 200
    assert response.json()["items"]
    assert "@" not in response.text
    for user in response.json()["items"]:
        assert set(user) >= PROFILE
        assert user == await nobody.read(f"/users/{user['id']}")


async def test_users_have_times_in_utc(ann: Visitor) -> None:
    me = await ann.read("/users/me")
    assert datetime.fromisoformat(me["created_at"]).utcoffset().total_seconds() == 0  # type: ignore[union-attr]


@pytest.mark.wire
async def test_simultaneous_changes_of_a_name_all_succeed(ann: Visitor) -> None:
    names = [f"Name {number}" for number in range(8)]
    answers = await asyncio.gather(*(ann.patch("/users/me", json={"display_name": name}) for name in names))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert (await ann.read("/users/me"))["display_name"] in names
