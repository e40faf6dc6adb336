"""The end of an account: whoever knows its password deletes it, and with it all that it wrote."""

import asyncio
import json
from collections import Counter
from typing import Any

import httpx
import pytest
from conftest import Newcomer, Refused
from profiles import Profile
from sockets import Open, next_event
from targets import Target
from visitor import PASSWORD, Visitor

pytestmark = pytest.mark.stages("06")

LIMIT = 10
WINDOW_SECONDS = 15 * 60
WRONG = "a wrong password"


async def delete(visitor: Visitor, current: str = PASSWORD) -> httpx.Response:
    return await visitor.request("DELETE", "/users/me", json={"current_password": current})


async def change(visitor: Visitor, current: str) -> httpx.Response:
    body = {"current_password": current, "new_password": "a horse of another colour"}
    return await visitor.put("/users/me/password", json=body)


async def log_in(visitor: Visitor, password: str) -> httpx.Response:
    return await visitor.with_token(None).login(visitor.email, password)


def check_429(response: httpx.Response, refused: Refused) -> None:
    refused(response, 429)
    assert 0 < int(response.headers["retry-after"]) <= WINDOW_SECONDS


async def test_a_deleted_account_is_a_204_and_nobody_logs_in_to_it(newcomer: Newcomer, refused: Refused) -> None:
    visitor = await newcomer()
    me = await visitor.read("/users/me")
    response = await delete(visitor)
    assert response.status_code == 204
    assert response.content == b""
    refused(await visitor.with_token(None).get(f"/users/{me['id']}"), 404)
    refused(await log_in(visitor, PASSWORD), 400)


async def test_every_token_of_a_deleted_account_is_dead(newcomer: Newcomer, refused: Refused) -> None:
    visitor = await newcomer()
    other = visitor.with_token((await log_in(visitor, PASSWORD)).json()["access_token"])
    assert (await delete(visitor)).status_code == 204
    for each in (visitor, other):
        for answer in (await each.get("/users/me"), await delete(each)):
            refused(answer, 401)
            assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_posts_and_comments_go_with_the_account(
    newcomer: Newcomer, ben: Visitor, nobody: Visitor, refused: Refused
) -> None:
    visitor = await newcomer()
    own, bens = await visitor.write_post(), await ben.write_post()
    gone = [await visitor.write_comment(own["id"]), await visitor.write_comment(bens["id"])]
    gone.append(await ben.write_comment(own["id"]))
    stays = await ben.write_comment(bens["id"])
    assert (await delete(visitor)).status_code == 204
    for path in (f"/posts/{own['id']}", *(f"/comments/{comment['id']}" for comment in gone)):
        refused(await nobody.get(path), 404)
    assert (await nobody.read(f"/posts/{bens['id']}/comments"))["items"] == [stays]
    assert (await nobody.read(f"/posts/{bens['id']}"))["comment_count"] == 1


async def test_the_email_of_a_deleted_account_can_register_anew(newcomer: Newcomer) -> None:
    visitor = await newcomer()
    await visitor.write_post()
    assert (await delete(visitor)).status_code == 204
    again = await newcomer(visitor.email)
    me = await again.read("/users/me")
    assert (await again.read("/posts", author_id=me["id"]))["items"] == []


async def test_watchers_hear_that_an_accounts_posts_and_comments_are_gone(
    newcomer: Newcomer, ben: Visitor, open_socket: Open
) -> None:
    visitor = await newcomer()
    own, bens = await visitor.write_post(), await ben.write_post()
    comment = await visitor.write_comment(bens["id"])
    async with open_socket(f"/ws/posts/{own['id']}") as of_own, open_socket(f"/ws/posts/{bens['id']}") as of_bens:
        assert (await delete(visitor)).status_code == 204
        assert json.loads(await of_own.receive()) == {"type": "post.deleted"}
        assert await of_own.close_code() == 1000
        told = {"type": "comment.deleted", "comment": {"id": comment["id"], "post_id": bens["id"]}}
        # That the comment was created may still be under way to this worker when the watcher comes.
        assert await next_event(of_bens, "comment.deleted") == told


@pytest.mark.parametrize("current", ["", WRONG, PASSWORD.upper(), f"{PASSWORD} ", PASSWORD + "x" * 100])
async def test_a_wrong_password_is_a_400_and_deletes_nothing(
    newcomer: Newcomer, refused: Refused, current: str, open_socket: Open
) -> None:
    visitor = await newcomer()
    post = await visitor.write_post()
    async with open_socket(f"/ws/posts/{post['id']}") as socket:
        refused(await delete(visitor, current), 400)
        comment = await visitor.write_comment(post["id"])
        assert json.loads(await socket.receive())["comment"] == comment
    assert (await visitor.read(f"/posts/{post['id']}"))["title"] == post["title"]
    assert (await log_in(visitor, PASSWORD)).status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"current_password": None}, {"current_password": 12345678}, {"current_password": PASSWORD, "sure": 1}]
)
async def test_a_deletion_without_a_password_is_a_422_and_deletes_nothing(
    newcomer: Newcomer, refused: Refused, body: dict[str, Any]
) -> None:
    visitor = await newcomer()
    refused(await visitor.request("DELETE", "/users/me", json=body), 422)
    refused(await visitor.request("DELETE", "/users/me"), 422)
    assert (await visitor.get("/users/me")).status_code == 200


async def test_nine_wrong_passwords_are_not_too_many_to_delete_or_to_change(newcomer: Newcomer) -> None:
    visitor = await newcomer()
    for door in (change, delete, log_in) * ((LIMIT - 1) // 3):
        assert (await door(visitor, WRONG)).status_code == 400
    assert (await delete(visitor)).status_code == 204


@pytest.mark.own_server
@pytest.mark.parametrize("door", [change, delete])
async def test_after_ten_wrong_passwords_the_right_one_is_a_429_and_changes_nothing(
    newcomer: Newcomer, refused: Refused, door: Any
) -> None:
    visitor = await newcomer()
    for _ in range(LIMIT):
        refused(await door(visitor, WRONG), 400)
    for password in (WRONG, PASSWORD):
        check_429(await door(visitor, password), refused)
    assert (await visitor.get("/users/me")).status_code == 200


@pytest.mark.own_server
async def test_wrong_passwords_of_all_doors_are_one_count(
    newcomer: Newcomer, replica: Target, profile: Profile, refused: Refused
) -> None:
    """Also on two servers, which share nothing but their database."""
    visitor = await newcomer()
    async with replica.client() as http:
        elsewhere = Visitor(http, profile, visitor.token, visitor.email)
        tries = [(door, place) for door in (change, delete, log_in) for place in (visitor, elsewhere)]
        for door, place in (*tries, *tries[:4]):
            refused(await door(place, WRONG), 400)
        for door, place in tries:
            check_429(await door(place, PASSWORD), refused)


@pytest.mark.own_server
async def test_of_25_wrong_passwords_at_once_ten_are_told_that_they_are_wrong(
    newcomer: Newcomer, target: Target, profile: Profile
) -> None:
    visitor = await newcomer()

    async def ask(number: int) -> httpx.Response:
        async with target.client() as http:  # a connection of its own, which may lead to any worker
            door = (change, delete)[number % 2]
            return await door(Visitor(http, profile, visitor.token), WRONG)

    answers = await asyncio.gather(*(ask(number) for number in range(25)))
    assert Counter(answer.status_code for answer in answers) == {400: LIMIT, 429: 25 - LIMIT}


async def test_of_simultaneous_deletions_one_is_made(newcomer: Newcomer) -> None:
    visitor = await newcomer()
    await visitor.write_post()
    answers = await asyncio.gather(*(delete(visitor) for _ in range(5)))
    assert Counter(answer.status_code for answer in answers) == {204: 1, 401: 4}


async def test_what_is_written_while_the_account_is_deleted_is_written_or_refused(newcomer: Newcomer) -> None:
    visitor, other = await newcomer(), await newcomer()
    post = await visitor.write_post()
    answers = await asyncio.gather(
        *(visitor.post("/posts", json={"title": "Wait", "body": "Wait!"}) for _ in range(3)),
        *(other.post(f"/posts/{post['id']}/comments", json={"body": "Wait!"}) for _ in range(3)),
        delete(visitor),
        *(visitor.post(f"/posts/{post['id']}/comments", json={"body": "Wait!"}) for _ in range(3)),
    )
    assert answers[6].status_code == 204
    assert {answer.status_code for answer in answers} <= {201, 204, 401, 404}
    assert (await other.get(f"/posts/{post['id']}")).status_code == 404


async def test_people_who_wrote_to_each_other_can_all_leave_at_once(newcomer: Newcomer) -> None:
    visitors = [await newcomer() for _ in range(4)]
    posts = [await visitor.write_post() for visitor in visitors]
    for visitor in visitors:
        for post in posts:
            await visitor.write_comment(post["id"])
    answers = await asyncio.gather(*(delete(visitor) for visitor in visitors))
    assert [answer.status_code for answer in answers] == [204] * 4
