"""Rooms for members: a ticket first."""

import json

import httpx
import pytest
from peers import ClosedError, RefusedError, as_member, in_room
from test_endpoint import RoomsInMemory
from test_http import NO_DATABASE

from rooms.tickets import create_ticket

SETTINGS = NO_DATABASE.model_copy(update={"close_seconds": 0.1})


def app_with(**changed):
    """The app with rooms in this process alone, and these settings changed."""
    from websocket_example import create_app

    settings = SETTINGS.model_copy(update=changed)
    app = create_app(settings)
    app.state.rooms = RoomsInMemory(settings)
    return app


def frame_of(ticket: object) -> str:
    return json.dumps({"ticket": ticket})


async def test_a_ticket_is_issued_for_a_name_that_nobody_else_has():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app_with()), base_url="http://test") as client:
        first, second = [await client.post("/tickets") for _ in range(2)]
    assert first.status_code == 201
    assert first.headers["cache-control"] == "no-store"
    assert first.json()["expires_in"] == SETTINGS.ticket_seconds
    assert first.json()["name"] != second.json()["name"]


async def test_members_speak_under_the_names_of_their_tickets():
    app = app_with()
    async with as_member(app) as ana, as_member(app) as bob:
        for peer, name in ((ana, "ana"), (bob, "bob")):
            peer.send(frame_of(create_ticket(name, SETTINGS)))
            assert await peer.receive() == "welcome"
        ana.say("hello")
        for peer in (ana, bob):
            message = await peer.event("message")
            assert (message["from"], message["text"]) == ("ana", "hello")


async def test_nobody_in_an_open_room_of_that_name_reads_what_members_say():
    app = app_with()
    async with as_member(app) as ana, in_room(app, "eve") as eve:
        ana.send(frame_of(create_ticket("ana", SETTINGS)))
        assert await ana.receive() == "welcome"
        assert await eve.receive() == "welcome"
        ana.say("among us")
        await ana.event("message")
        eve.say("hello?")
        assert await eve.texts(1) == ["hello?"]


@pytest.mark.parametrize(
    "frame",
    [b"binary", "", "no JSON", "{}", frame_of(7), frame_of("no ticket"), '{"text": "hello"}',
     frame_of(create_ticket("ana", NO_DATABASE.model_copy(update={"ticket_seconds": -1})))],
    ids=["binary", "nothing", "no JSON", "no field", "a number", "no ticket", "a text first", "expired"],
)  # fmt: skip
async def test_without_a_good_ticket_first_the_connection_is_closed_with_1008(frame):
    app = app_with()
    async with as_member(app) as eve:
        eve.send(frame)
        with pytest.raises(ClosedError) as closed:
            await eve.receive()
    assert closed.value.code == 1008
    assert app.state.rooms.gone == []  # it was never in the room


async def test_who_shows_nothing_is_closed_with_1008():
    async with as_member(app_with(ticket_wait_seconds=0.01)) as silent:
        with pytest.raises(ClosedError) as closed:
            await silent.receive()
    assert closed.value.code == 1008


async def test_who_goes_before_showing_a_ticket_is_no_error():
    async with as_member(app_with()):
        pass


async def test_when_the_ticket_expires_the_member_leaves_and_is_closed_with_1008():
    app = app_with()
    async with as_member(app) as ana:
        ana.send(frame_of(create_ticket("ana", SETTINGS.model_copy(update={"ticket_seconds": 3}))))
        assert await ana.receive() == "welcome"
        with pytest.raises(ClosedError) as closed:
            await ana.receive()
    assert closed.value.code == 1008
    assert app.state.rooms.gone == ["ana"]


async def test_a_page_from_elsewhere_and_a_bad_room_are_refused():
    app = app_with()
    with pytest.raises(RefusedError):
        async with as_member(app, origin="https://elsewhere.example"):
            pass
    with pytest.raises(RefusedError):
        async with as_member(app, "two words"):
            pass
