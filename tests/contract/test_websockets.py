"""05b: the echo, and the rooms."""

import asyncio
import json
import secrets
from contextlib import AsyncExitStack
from datetime import datetime, timedelta

import httpx
import pytest
from sockets import Open, RefusedError, Socket, header_of, next_event, say
from targets import Target

pytestmark = [pytest.mark.stages("05b"), pytest.mark.wire]

ELSEWHERE = "https://elsewhere.example"
LONGEST_NAME = "aZ09_-" + "n" * 26
CHARACTERS = '\x01\x1f"\\\n\r\t\u2028\ufeff\uffff é 世界 🌍'


@pytest.fixture
def room() -> str:
    """A room that nobody else is in."""
    return f"contract-{secrets.token_hex(6)}"


def in_room(open_socket: Open, room: str, name: str, **options: str) -> Socket:
    return open_socket(f"/ws/rooms/{room}?name={name}", **options)


async def test_health_says_ok(http: httpx.AsyncClient) -> None:
    for method in ("GET", "HEAD"):
        response = await http.request(method, "/health")
        assert response.status_code == 200
        assert response.content == (b'{"ok":true}' if method == "GET" else b"")


async def test_there_is_a_page(http: httpx.AsyncClient) -> None:
    response = await http.get("/")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")


async def test_an_unknown_path_is_a_404(http: httpx.AsyncClient) -> None:
    assert (await http.get("/no/such/path")).status_code == 404


async def test_the_echo_answers(open_socket: Open) -> None:
    async with open_socket("/ws/notify") as socket:
        for text in ("hello", CHARACTERS):
            await socket.send(text)
            assert await socket.receive() == f"Echo: {text}"


async def test_everyone_in_the_room_gets_what_one_says_and_so_does_the_speaker(open_socket: Open, room: str) -> None:
    async with in_room(open_socket, room, "ana") as ana, in_room(open_socket, room, "bob") as bob:
        await say(ana, "hello")
        for socket in (ana, bob):
            event = await next_event(socket, "message")
            at = datetime.fromisoformat(event["at"])
            assert at.utcoffset() == timedelta(0)
            assert event == event | {"room": room, "from": "ana", "text": "hello"}


async def test_nobody_in_another_room_gets_it(open_socket: Open, room: str) -> None:
    async with in_room(open_socket, room, "ana") as ana, in_room(open_socket, f"{room}-2", "bob") as bob:
        await say(ana, "for one room")
        await next_event(ana, "message")
        await say(bob, "for the other")
        assert (await next_event(bob, "message"))["text"] == "for the other"


async def test_joined_and_left_are_told(open_socket: Open, room: str) -> None:
    async with in_room(open_socket, room, "ana") as ana:
        assert (await next_event(ana, "joined"))["from"] == "ana"
        async with in_room(open_socket, room, "bob"):
            assert (await next_event(ana, "joined"))["from"] == "bob"
        left = await next_event(ana, "left")
        assert left == left | {"room": room, "from": "bob"}


async def test_messages_arrive_once_and_in_their_senders_order(open_socket: Open, room: str) -> None:
    count = 30
    async with in_room(open_socket, room, "ana") as ana, in_room(open_socket, room, "bob") as bob:
        for number in range(count):
            await asyncio.gather(say(ana, f"ana {number}"), say(bob, f"bob {number}"))
        for socket in (ana, bob):
            heard = [(await next_event(socket, "message"))["text"] for _ in range(2 * count)]
            for name in ("ana", "bob"):
                assert [text for text in heard if text.startswith(name)] == [f"{name} {n}" for n in range(count)]


@pytest.mark.parametrize("text", [CHARACTERS, " ", "x" * 4_096, "\x01" * 4_096, '"' * 4_096, "🌍" * 1_024])
async def test_text_arrives_as_it_was_sent(open_socket: Open, room: str, text: str) -> None:
    async with in_room(open_socket, room, "ana") as ana, in_room(open_socket, room, "bob") as bob:
        await say(ana, text)
        assert (await next_event(bob, "message"))["text"] == text


@pytest.mark.parametrize(
    "frame",
    [
        b'{"text": "binary"}',
        "not JSON",
        "",
        "null",
        "[]",
        '"text"',
        "{}",
        '{"text": null}',
        '{"text": 1}',
        '{"text": ["a"]}',
        '{"text": "a", "more": 1}',
        '{"text": ""}',
        '{"text": "a\\u0000b"}',
        '{"text": "\\ud800"}',
        "[" * 60_000,
        json.dumps({"text": "x" * 4_097}),
        json.dumps({"text": "é" * 2_049}),
        json.dumps({"text": "x" * 60_000}),
    ],
    ids=lambda frame: repr(frame)[:24],
)
async def test_a_bad_frame_gets_an_error_and_harms_nobody(open_socket: Open, room: str, frame: str | bytes) -> None:
    async with in_room(open_socket, room, "eve") as eve, in_room(open_socket, room, "ana") as ana:
        await eve.send(frame)
        error = await next_event(eve, "error", "message")
        assert error["type"] == "error"
        assert isinstance(error["message"], str)
        await say(eve, "still here")
        for socket in (eve, ana):
            assert (await next_event(socket, "message"))["text"] == "still here"


@pytest.mark.parametrize(
    "path",
    [
        "/ws/rooms/{room}",
        "/ws/rooms/{room}?name=",
        "/ws/rooms/{room}?name=a%20b",
        "/ws/rooms/{room}?name=a%0A",
        "/ws/rooms/{room}?name=%C3%A9",
        "/ws/rooms/{room}?name=" + "n" * 33,
        "/ws/rooms/a%20b?name=ana",
        "/ws/rooms/a%0A?name=ana",
        "/ws/rooms/%C3%A9?name=ana",
        "/ws/rooms/" + "r" * 33 + "?name=ana",
    ],
)
async def test_another_name_or_room_is_refused_at_the_handshake(open_socket: Open, room: str, path: str) -> None:
    with pytest.raises(RefusedError) as refused:
        async with open_socket(path.format(room=room)):
            pass
    assert refused.value.status == 403


async def test_the_longest_names_are_taken(open_socket: Open) -> None:
    async with in_room(open_socket, LONGEST_NAME, LONGEST_NAME) as socket:
        assert (await next_event(socket, "joined"))["from"] == LONGEST_NAME


async def test_a_page_from_elsewhere_is_refused_at_the_handshake(open_socket: Open, room: str) -> None:
    for origin in (ELSEWHERE, "null"):
        for path in (f"/ws/rooms/{room}?name=eve", "/ws/notify"):
            with pytest.raises(RefusedError) as refused:
                async with open_socket(path, origin=origin):
                    pass
            assert refused.value.status == 403


async def test_a_page_from_the_servers_own_host_may_connect(
    open_socket: Open, room: str, http: httpx.AsyncClient
) -> None:
    own = str(http.base_url).rstrip("/")
    async with in_room(open_socket, room, "ana", origin=own) as ana:
        assert (await next_event(ana, "joined"))["from"] == "ana"


FRAME_MAX = 64 * 1024
FRAMES = {
    "whole": header_of(FRAME_MAX + 1) + b"x" * (FRAME_MAX + 1),
    "unfinished": header_of(15_000_000) + b"x",
    "unfinished and binary": header_of(15_000_000, kind=2) + b"x",
    "in pieces": header_of(40_000, last=False) + b"x" * 40_000 + header_of(40_000, kind=0, last=False) + b"x",
}


@pytest.mark.server
@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize("path", ["/ws/notify", "/ws/rooms/{room}?name=eve"])
async def test_a_frame_over_64_kib_closes_its_connection_and_no_other(
    open_socket: Open, room: str, path: str, frame: bytes
) -> None:
    async with in_room(open_socket, room, "ana") as ana, open_socket(path.format(room=room)) as eve:
        await eve.send_raw(frame)
        assert await eve.end() == 1009
        await say(ana, "still here")
        assert (await next_event(ana, "message"))["text"] == "still here"


@pytest.mark.server
async def test_a_frame_of_64_kib_is_taken(open_socket: Open) -> None:
    async with open_socket("/ws/notify") as socket:
        await socket.send("x" * FRAME_MAX)
        assert await socket.receive() == "Echo: " + "x" * FRAME_MAX


@pytest.mark.server
@pytest.mark.own_server
@pytest.mark.parametrize("path", ["/ws/notify", "/ws/rooms/{room}?name=eve"])
async def test_30_unfinished_large_frames_cost_less_than_64_mb(
    target: Target, http: httpx.AsyncClient, room: str, path: str
) -> None:
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(target.socket(path.format(room=room))) for _ in range(30)]
        before = target.memory()
        for socket in sockets:
            await socket.send_raw(header_of(15_000_000) + bytes(14_000_000))
        assert (await http.get("/health")).status_code == 200
        assert target.memory() - before < 64_000_000


async def test_a_member_speaks_under_the_name_of_a_ticket(
    open_socket: Open, room: str, http: httpx.AsyncClient
) -> None:
    issued = await http.post("/tickets")
    assert issued.status_code == 201
    assert issued.headers["cache-control"] == "no-store"
    ticket, name = issued.json()["ticket"], issued.json()["name"]
    async with open_socket(f"/ws/members/{room}") as member:
        await member.send(json.dumps({"ticket": ticket}))
        assert (await next_event(member, "joined"))["from"] == name
        await say(member, "hello")
        assert (await next_event(member, "message"))["from"] == name


@pytest.mark.parametrize("frame", ['{"ticket": "mine"}', '{"text": "hello"}', "nonsense"])
async def test_a_member_without_a_good_ticket_is_closed_with_1008(open_socket: Open, room: str, frame: str) -> None:
    async with open_socket(f"/ws/members/{room}") as eve:
        await eve.send(frame)
        assert await eve.close_code() == 1008
