"""Live comments of the blog: whoever watches a post is told of what happens to its comments."""

import asyncio
import json
from typing import Any

import pytest
from conftest import Newcomer
from sockets import Open, RefusedError, next_event
from targets import Target
from visitor import Visitor

pytestmark = [pytest.mark.stages("06"), pytest.mark.wire]

ABSENT = 2**62
ROUNDS = 10
ELSEWHERE = "https://elsewhere.example"


@pytest.fixture
async def post(ann: Visitor) -> Any:
    """A post of ann's, without comments."""
    return await ann.write_post()


async def test_every_watcher_is_told_of_what_happens_to_comments(ben: Visitor, open_socket: Open, post: Any) -> None:
    path = f"/ws/posts/{post['id']}"
    async with open_socket(path) as one, open_socket(path) as other:
        comment = await ben.write_comment(post["id"], "Wel said.")
        changed = (await ben.patch(f"/comments/{comment['id']}", json={"body": "Well said."})).json()
        await ben.delete(f"/comments/{comment['id']}")
        for socket in (one, other):
            events = []
            while not events or events[-1]["type"] != "comment.deleted":
                events.append(json.loads(await socket.receive()))
            # What was deleted meanwhile may be missing, and a comment is told as it is by then.
            types = [event["type"] for event in events]
            assert types == [
                each for each in ("comment.created", "comment.updated", "comment.deleted") if each in types
            ]
            assert all(event["comment"] in (comment, changed) for event in events[:-1])
            assert events[-1]["comment"] == {"id": comment["id"], "post_id": post["id"]}


async def test_a_watcher_is_told_of_a_comment_as_everybody_reads_it(ben: Visitor, open_socket: Open, post: Any) -> None:
    async with open_socket(f"/ws/posts/{post['id']}") as socket:
        comment = await ben.write_comment(post["id"], "Well said.")
        assert json.loads(await socket.receive()) == {"type": "comment.created", "comment": comment}
        assert await ben.read(f"/comments/{comment['id']}") == comment


async def test_a_watcher_is_told_of_its_own_post_alone(
    ann: Visitor, ben: Visitor, open_socket: Open, post: Any
) -> None:
    other = await ann.write_post()
    async with open_socket(f"/ws/posts/{post['id']}") as socket:
        await ben.write_comment(other["id"], "Elsewhere")
        comment = await ben.write_comment(post["id"], "Here")
        assert json.loads(await socket.receive())["comment"] == comment


async def test_what_is_refused_is_not_told(ben: Visitor, newcomer: Newcomer, open_socket: Open, post: Any) -> None:
    comment = await ben.write_comment(post["id"])
    other = await newcomer()
    async with open_socket(f"/ws/posts/{post['id']}") as socket:
        await other.patch(f"/comments/{comment['id']}", json={"body": "Mine now"})
        await other.delete(f"/comments/{comment['id']}")
        await other.delete(f"/posts/{post['id']}")
        await ben.delete(f"/comments/{comment['id']}")
        # But that it was created, which may still be under way when the watcher comes.
        event = await next_event(socket, "comment.updated", "comment.deleted", "post.deleted")
        assert event["type"] == "comment.deleted"


async def test_what_is_told_is_committed(ben: Visitor, nobody: Visitor, open_socket: Open, post: Any) -> None:
    """Whoever reads again the moment that an event comes finds what it tells."""
    async with open_socket(f"/ws/posts/{post['id']}") as socket:
        for _ in range(ROUNDS):
            writing = asyncio.create_task(ben.write_comment(post["id"]))
            told = json.loads(await socket.receive())["comment"]
            assert await nobody.read(f"/comments/{told['id']}") == told
            assert await writing == told

            deleting = asyncio.create_task(ben.delete(f"/comments/{told['id']}"))
            assert json.loads(await socket.receive())["type"] == "comment.deleted"
            assert (await nobody.get(f"/comments/{told['id']}")).status_code == 404
            assert (await deleting).status_code == 204


@pytest.mark.own_server
async def test_watchers_on_every_worker_and_replica_are_told(
    ben: Visitor, open_socket: Open, replica: Target, post: Any
) -> None:
    path = f"/ws/posts/{post['id']}"
    async with open_socket(path) as here, replica.socket(path) as there:
        comment = await ben.write_comment(post["id"])
        for socket in (here, there):
            assert json.loads(await socket.receive()) == {"type": "comment.created", "comment": comment}


async def test_events_come_once_and_in_order(ben: Visitor, open_socket: Open, post: Any) -> None:
    async with open_socket(f"/ws/posts/{post['id']}") as one, open_socket(f"/ws/posts/{post['id']}") as other:
        written = [(await ben.write_comment(post["id"], str(number)))["id"] for number in range(20)]
        for socket in (one, other):
            assert [json.loads(await socket.receive())["comment"]["id"] for _ in written] == written


async def test_what_a_watcher_says_is_not_heard_and_ends_nothing(ben: Visitor, open_socket: Open, post: Any) -> None:
    async with open_socket(f"/ws/posts/{post['id']}") as socket:
        for frame in ("", "not JSON", "[" * 10_000, '{"type": "comment.created"}', "\0", b"\xff\xfe"):
            await socket.send(frame)
        comment = await ben.write_comment(post["id"])
        assert json.loads(await socket.receive())["comment"] == comment


async def test_deleting_the_post_is_told_and_closes_with_1000(ann: Visitor, open_socket: Open, post: Any) -> None:
    async with open_socket(f"/ws/posts/{post['id']}") as socket:
        await ann.delete(f"/posts/{post['id']}")
        assert json.loads(await socket.receive()) == {"type": "post.deleted"}
        assert await socket.close_code() == 1000


async def test_a_deleted_post_can_be_watched_no_more(ann: Visitor, open_socket: Open, post: Any) -> None:
    await ann.delete(f"/posts/{post['id']}")
    with pytest.raises(RefusedError) as refused:
        await open_socket(f"/ws/posts/{post['id']}").__aenter__()
    assert refused.value.status in (403, 404)


@pytest.mark.parametrize("post_id", [ABSENT, 0, -1, 2**63, 10**30, "x", "%00"])
async def test_a_missing_post_is_refused_at_the_handshake(open_socket: Open, post_id: object) -> None:
    with pytest.raises(RefusedError) as refused:
        await open_socket(f"/ws/posts/{post_id}").__aenter__()
    assert refused.value.status in (403, 404)


@pytest.mark.parametrize("origin", [ELSEWHERE, "null", "http://"])
async def test_a_page_of_another_site_is_refused_at_the_handshake(open_socket: Open, post: Any, origin: str) -> None:
    with pytest.raises(RefusedError) as refused:
        await open_socket(f"/ws/posts/{post['id']}", origin=origin).__aenter__()
    assert refused.value.status in (403, 404)
