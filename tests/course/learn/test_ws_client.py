"""`course ws`, against a server of our own."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve

from course.errors import CourseError, UsageError
from course.learn.http import Request, send
from course.learn.ws import SHOWN_CHARACTERS, Conversation, shown, talk
from course.machine.material.workspace import Progress


async def answer(socket: ServerConnection) -> None:
    """Says back what it hears, greets in rooms, and hangs up on `bye`."""
    assert socket.request
    if socket.request.path.startswith("/ws/rooms/"):
        await socket.send(f"welcome to {socket.request.path}")
    async for frame in socket:
        if frame == "bye":
            await socket.close(1013)
        await socket.send(frame)


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    async with serve(answer, "127.0.0.1", 0) as running:
        port = next(iter(running.sockets)).getsockname()[1]
        monkeypatch.setenv("COURSE_URL", f"http://127.0.0.1:{port}")
        yield


async def said(*words: str, binary: tuple[str, ...] = ()) -> list[str]:
    return [line async for line in talk(Conversation.parse(words, binary=binary))]


async def test_each_frame_is_shown_with_its_answer(server: None) -> None:
    assert await said("/echo", "hello", "text=two words") == [
        "> hello",
        "< hello",
        '> {"text": "two words"}',
        '< {"text": "two words"}',
    ]


async def test_a_binary_frame_is_shown_by_its_size(server: None) -> None:
    assert await said("/echo", binary=("abc",)) == ["> 3 bytes", "< 3 bytes"]


async def test_a_room_greets_before_anything_is_sent(server: None) -> None:
    assert await said("/ws/rooms/lobby", "name==ana b", "hello") == [
        "< welcome to /ws/rooms/lobby?name=ana+b",
        "> hello",
        "< hello",
    ]


async def test_a_connection_that_the_server_ends_is_told_with_its_code(server: None) -> None:
    assert (await said("/echo", "bye", "more"))[-1] == "The server closed the connection with 1013."


async def test_no_server_is_one_sentence_with_the_stage_that_the_student_is_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("COURSE_WORKSPACE", str(tmp_path))
    progress = Progress(tmp_path / ".course" / "progress.json")
    progress.stage = "05b"
    progress.save()
    with pytest.raises(CourseError, match="course run 05b"):
        await said("/ws/notify")
    with pytest.raises(CourseError, match="course run 05b"):
        await send(Request.parse(["/health"]))
    progress.stage = ""
    progress.save()
    with pytest.raises(CourseError, match="course run 04"):
        await said("/ws/notify")


async def test_a_request_is_sent_once_connected_and_what_the_socket_hears_of_it_is_shown(
    server: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Request] = []

    async def send(request: Request) -> str:
        sent.append(request)
        return "201 Created\n{}"

    monkeypatch.setattr("course.learn.ws.send", send)
    monkeypatch.setattr("course.learn.ws.PATIENCE_SECONDS", 0.5)
    conversation = Conversation.parse(["/ws/rooms/lobby"], requests=['POST /notes title="two words"'])

    lines = [line async for line in talk(conversation)]

    assert lines == ["< welcome to /ws/rooms/lobby", 'POST /notes title="two words": 201 Created']
    assert [(each.method, each.path, each.json) for each in sent] == [("POST", "/notes", {"title": "two words"})]


def test_headers_and_repeated_text_are_read() -> None:
    conversation = Conversation.parse(["/ws/notify", "Origin:https://elsewhere.example", "text@3=ab"])
    assert conversation.headers == [("Origin", "https://elsewhere.example")]
    assert conversation.frames == ['{"text": "ababab"}']


def test_json_is_sent_as_it_is() -> None:
    conversation = Conversation.parse(["/ws/rooms/lobby", '{"text":"hi"}', '{"text": "a=b"}'])
    assert conversation.frames == ['{"text":"hi"}', '{"text": "a=b"}']
    assert conversation.headers == []


def test_a_character_by_its_number_is_read_in_json_and_not_in_a_text_that_is_sent_as_it_is() -> None:
    conversation = Conversation.parse(["/ws/notify", r"\u00e9", r'{"text": "\u00e9"}', r"text@2=\u00e9"])
    assert conversation.frames == [r"\u00e9", r'{"text": "\u00e9"}', json.dumps({"text": "éé"})]


@pytest.mark.parametrize("word", [r"name==\ud800", r"X-Name:\ud800", "\ud800"])
def test_half_a_character_that_can_not_be_sent_is_one_sentence(word: str) -> None:
    with pytest.raises(UsageError, match=r"\\ud800 in `.*` is half a character"):
        Conversation.parse(["/ws/notify", word])
    with pytest.raises(UsageError, match="half a character"):
        Conversation.parse(["/ws/\udcff"])
    assert Conversation.parse(["/ws/notify", r"text=\ud800"]).frames == [r'{"text": "\ud800"}']


def test_a_path_is_needed() -> None:
    with pytest.raises(UsageError, match="starts with /"):
        Conversation.parse(["hello"])


def test_a_long_frame_is_cut() -> None:
    assert shown("<", "x" * 1_000) == f"< {'x' * SHOWN_CHARACTERS} ..."
