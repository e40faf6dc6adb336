"""The sketch: an echo and a chat in one file. It needs no database."""

import json
from datetime import datetime, timedelta

import httpx
import pytest
from peers import Peer, in_room


@pytest.fixture
def app():
    from first_version import app

    return app


async def test_a_text_comes_back(app):
    async with Peer(app, "/ws/notify") as peer:
        peer.send("hello")
        assert await peer.receive() == "Echo: hello"
        peer.send("Grüße")
        assert await peer.receive() == "Echo: Grüße"


async def test_what_one_says_everyone_in_the_room_reads_and_so_does_who_said_it(app):
    async with in_room(app, "ana", "tea") as ana, in_room(app, "bob", "tea") as bob:
        ana.say("hello")
        for peer in (ana, bob):
            event = await peer.event("message")
            assert event == event | {"room": "tea", "from": "ana", "text": "hello"}
            assert datetime.fromisoformat(event["at"]).utcoffset() == timedelta(0)


async def test_another_room_reads_nothing_of_it(app):
    async with in_room(app, "ana") as ana, in_room(app, "bob", "kitchen") as bob:
        ana.say("for the lobby")
        await ana.texts(1)
        bob.say("for the kitchen")
        assert await bob.texts(1) == ["for the kitchen"]


async def test_who_has_left_is_no_longer_sent_to(app):
    async with in_room(app, "ana", "garden") as ana:
        async with in_room(app, "bob", "garden"):
            pass
        for text in ("still here", "and still"):
            ana.say(text)
            assert await ana.texts(1) == [text]


async def test_somebody_may_join_while_a_text_is_being_sent(app):
    async with in_room(app, "ana", "attic") as ana, in_room(app, "bob", "attic") as bob:
        bob.reading.clear()
        ana.say("hello")
        async with in_room(app, "cem", "attic") as cem:
            bob.reading.set()
            assert await ana.texts(1) == ["hello"]
            assert await bob.texts(1) == ["hello"]
            cem.say("and me")
            assert "and me" in [*await ana.texts(1), *await bob.texts(1)]


async def test_the_page_and_the_health_are_there(app):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        page = await client.get("/")
        health = await client.get("/health")
    assert "<title>" in page.text
    assert json.loads(health.text) == {"ok": True}
