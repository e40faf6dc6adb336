"""The WebSocket of a room, with rooms that live in this process alone."""

import asyncio
import json
from types import SimpleNamespace

import pytest
from fastapi import WebSocket
from peers import ClosedError, Peer, RefusedError, in_room
from test_http import NO_DATABASE

from rooms.endpoint import hear, serve
from rooms.frames import Event
from rooms.manager import ConnectionManager
from rooms.subscriber import Subscriber

NAME_MAX = "n" * 32
QUEUE_SIZE = 2
DEADLINE_SECONDS = 6  # for what should take no time, on a busy machine


class RoomsInMemory:
    """As in most tutorials: what is said is handed out at once, to this process and no other."""

    def __init__(self, settings) -> None:
        self.settings = settings
        self.manager = ConnectionManager()
        self.gone = []

    async def join(self, client) -> None:
        client.offer("welcome")

    async def say(self, client, text) -> None:
        self.manager.deliver(Event("message", client.room, client.name, "now", client.id, text))

    async def leave(self, client) -> None:
        await asyncio.sleep(0)  # as a database has to be waited for
        self.gone.append(client.name)


@pytest.fixture
def rooms():
    return RoomsInMemory(NO_DATABASE.model_copy(update={"client_queue_size": QUEUE_SIZE, "close_seconds": 0.1}))


@pytest.fixture
def app(rooms):
    from websocket_example import create_app

    app = create_app(NO_DATABASE)
    app.state.rooms = rooms
    return app


async def test_what_one_says_everyone_in_the_room_reads(app):
    async with in_room(app, "ana") as ana, in_room(app, "bob") as bob:
        for peer in (ana, bob):
            assert await peer.receive() == "welcome"
        ana.say("hello")
        for peer in (ana, bob):
            message = await peer.event()
            assert (message["from"], message["text"]) == ("ana", "hello")


@pytest.mark.parametrize(
    "frame",
    ["not JSON", '{"text": ""}', '{"text": "\\ud800"}'],
    ids=["no JSON", "empty", "half a character"],
)
async def test_a_bad_frame_gets_an_error_and_the_connection_stays(app, frame):
    async with in_room(app, "eve") as eve:
        assert await eve.receive() == "welcome"
        eve.send(frame)
        assert (await eve.event())["type"] == "error"
        eve.say("better")
        assert (await eve.event())["text"] == "better"


class Silent:
    """A client that says nothing. `sent` is what it was sent; once it is `gone`, sending fails."""

    def __init__(self) -> None:
        self.sent = []
        self.gone = False
        scope = {"type": "websocket", "path": "/", "headers": []}
        self.subscriber = Subscriber(WebSocket(scope, self._receive, self._send), "lobby", "ana", QUEUE_SIZE)

    async def accepted(self) -> Subscriber:
        await self.subscriber.ws.accept()
        return self.subscriber

    async def _receive(self):
        if not self.sent:
            return {"type": "websocket.connect"}
        return await asyncio.Event().wait()

    async def _send(self, message) -> None:
        if self.gone:
            raise OSError("the client is gone")
        self.sent.append(message)


async def test_hear_says_a_good_frame_and_offers_an_error_for_a_bad_one_and_sends_nothing_itself():
    client, offered, said = Silent(), [], []
    subscriber = await client.accepted()
    subscriber.offer = offered.append

    async def say(subscriber, text) -> None:
        said.append(text)

    for frame in (None, "no JSON", '{"text": "hello"}'):
        await hear(subscriber, SimpleNamespace(say=say), frame)
    assert [json.loads(frame)["type"] for frame in offered] == ["error", "error"]
    assert said == ["hello"]
    assert len(client.sent) == 1, "it was sent past the client's queue"


async def test_a_binary_frame_gets_an_error_and_the_connection_stays(app):
    async with in_room(app, "eve") as eve:
        assert await eve.receive() == "welcome"
        eve.send(b"binary")
        assert (await eve.event())["type"] == "error"
        eve.say("better")
        assert (await eve.event())["text"] == "better"


async def test_a_flood_is_read_no_faster_than_it_is_said(app, rooms):
    at_once, most = 0, 0
    deliver = rooms.say

    async def say_slowly(client, text) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0)  # as long as it takes the others to run once
        await deliver(client, text)
        at_once -= 1

    rooms.say = say_slowly
    async with in_room(app, "eve") as eve:
        assert await eve.receive() == "welcome"
        for number in range(20):
            eve.say(str(number))
        assert await eve.texts(20) == [str(number) for number in range(20)]
    assert most == 1


async def test_who_leaves_is_taken_out_and_leaves_no_task_behind(app, rooms):
    before = asyncio.all_tasks()
    async with in_room(app, "ana") as ana:
        assert await ana.receive() == "welcome"
        assert [client.name for client in rooms.manager.subscribers()] == ["ana"]
    assert rooms.manager.subscribers() == []
    assert rooms.gone == ["ana"]
    assert asyncio.all_tasks() == before


async def test_who_does_not_read_holds_nobody_up_and_is_closed(app, rooms):
    async with in_room(app, "good") as good, in_room(app, "slow") as slow:
        for peer in (good, slow):
            assert await peer.receive() == "welcome"
        slow.reading.clear()
        for number in range(QUEUE_SIZE + 2):
            good.say(str(number))
            assert await good.texts(1) == [str(number)]
        slow.reading.set()
        with pytest.raises(ClosedError) as closed:
            await slow.texts(QUEUE_SIZE + 2)
        assert closed.value.code == 1013


async def ends(serving, reason) -> None:
    """Fails, for that reason, if `serve` goes on."""
    task = asyncio.ensure_future(serving)
    done, _ = await asyncio.wait({task}, timeout=DEADLINE_SECONDS)
    task.cancel()
    assert done, reason
    await task


async def test_when_the_sender_ends_so_does_the_reader(rooms):
    client = Silent()
    subscriber = await client.accepted()
    client.gone = True
    await ends(serve(subscriber, rooms), "`send_queued` has ended, and `serve` still reads")


async def test_who_was_too_slow_before_it_was_served_is_not_served(rooms):
    subscriber = await Silent().accepted()
    for number in range(QUEUE_SIZE + 1):
        subscriber.offer(str(number))
    await ends(serve(subscriber, rooms), "it missed a frame before `serve` was called, and is served")


async def test_what_comes_while_a_client_joins_is_sent_at_once(rooms):
    client, joined = Silent(), asyncio.Event()
    subscriber = await client.accepted()

    async def join(subscriber) -> None:
        subscriber.offer("welcome")
        await joined.wait()  # as a database may let it wait

    rooms.join = join
    serving = asyncio.create_task(serve(subscriber, rooms))
    for _ in range(10):  # far more turns than a sender needs
        await asyncio.sleep(0)
    sent = [message.get("text") for message in client.sent]
    serving.cancel()
    await asyncio.wait([serving])
    assert "welcome" in sent, "nothing is sent while `rooms.join` waits"


@pytest.mark.parametrize(
    "path",
    [
        "/ws/rooms/lobby",
        "/ws/rooms/lobby?name=",
        "/ws/rooms/lobby?name=ana%20b",
        "/ws/rooms/lobby?name=ana%0A",
        "/ws/rooms/lobby?name=Zo%C3%AB",
        "/ws/rooms/lobby?name=n" + NAME_MAX,
        "/ws/rooms/?name=ana",
        "/ws/rooms/two words?name=ana",
        "/ws/rooms/lobby\n?name=ana",
        "/ws/rooms/n" + NAME_MAX + "?name=ana",
        "/ws/rooms/lobby/cellar?name=ana",
    ],
    ids=["no name", "an empty name", "a space in the name", "a new line in the name", "another alphabet",
         "33 characters", "no room", "a space in the room", "a new line in the room", "a room of 33 characters",
         "two rooms"],
)  # fmt: skip
async def test_another_name_or_room_is_refused(app, path):
    with pytest.raises(RefusedError):
        async with Peer(app, path):
            pass


async def test_a_page_from_elsewhere_is_refused_and_our_own_is_not(app):
    with pytest.raises(RefusedError):
        async with in_room(app, "eve", origin="https://elsewhere.example"):
            pass
    async with in_room(app, "ana", origin="http://test") as ana:
        assert await ana.receive() == "welcome"
