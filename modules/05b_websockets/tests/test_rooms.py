"""Rooms, as their clients see them, in one process and across two."""

import pytest
from peers import in_room, started

from rooms.frames import Event

AT = "2026-11-22T12:00:00.000Z"


async def test_the_app_serves_nobody_before_it_listens(settings):
    async with started(settings) as app:
        assert app.state.rooms._broadcaster.tried.is_set()


async def test_who_joins_is_told_and_is_told_who_is_there(app):
    async with in_room(app, "ana") as ana:
        joined = await ana.event()
        assert joined == joined | {"type": "joined", "room": "lobby", "from": "ana", "members": ["ana"]}
        assert joined["at"].endswith("Z")


async def test_everyone_in_the_room_gets_a_message_whichever_process_they_are_connected_to(app, other_app):
    async with in_room(app, "ana") as ana, in_room(app, "bob") as bob, in_room(other_app, "zoe") as zoe:
        zoe.say("hello")
        for peer in (ana, bob, zoe):
            message = await peer.event("message")
            assert message == message | {"type": "message", "room": "lobby", "from": "zoe", "text": "hello"}


async def test_other_rooms_get_nothing_of_it(app):
    async with in_room(app, "ana", "lobby") as ana, in_room(app, "bob", "kitchen") as bob:
        ana.say("for the lobby")
        bob.say("for the kitchen")
        assert await bob.texts(1) == ["for the kitchen"]
        assert await ana.texts(1) == ["for the lobby"]


async def test_joined_and_left_are_told_across_processes(app, other_app):
    async with in_room(app, "ana") as ana:
        assert (await ana.event("joined"))["from"] == "ana"
        async with in_room(other_app, "zoe") as zoe:
            assert (await zoe.event("joined"))["members"] == ["ana", "zoe"]
            arrival = await ana.event()
            assert arrival == arrival | {"type": "joined", "room": "lobby", "from": "zoe"}
        departure = await ana.event()
        assert departure == departure | {"type": "left", "room": "lobby", "from": "zoe"}


async def test_two_windows_with_one_name_are_two_members(app, other_app):
    async with in_room(app, "ana") as ana, in_room(other_app, "ana") as ana_too:
        await ana.event("joined")
        await ana_too.event("joined")
        async with in_room(app, "bob") as bob:
            assert (await bob.event("joined"))["members"] == ["ana", "ana", "bob"]
        ana_too.say("from my other window")
        assert await ana.texts(1) == ["from my other window"]


async def test_each_senders_messages_arrive_once_and_in_their_order_everywhere(app, other_app):
    names, count = ("ana", "bob", "zoe"), 40
    async with in_room(app, "ana") as ana, in_room(app, "bob") as bob, in_room(other_app, "zoe") as zoe:
        for number in range(count):
            for name, peer in zip(names, (ana, bob, zoe), strict=True):
                peer.say(f"{name} {number}")
        heard = [await peer.texts(len(names) * count) for peer in (ana, bob, zoe)]
    assert heard[0] == heard[1] == heard[2]  # even the same order among the senders
    for name in names:
        assert [text for text in heard[0] if text.startswith(name)] == [f"{name} {number}" for number in range(count)]


@pytest.mark.parametrize(
    "text",
    ["Grüße 🎈", "\x01" * 4_096, '"\\' * 2_048, "two\nlines", "💥" * 1_024],
    ids=["greetings", "control characters", "quotes and backslashes", "two lines", "1024 emoji"],
)
async def test_text_arrives_as_it_was_sent(app, other_app, text):
    async with in_room(app, "ana") as ana, in_room(other_app, "zoe") as zoe:
        ana.say(text)
        assert await zoe.texts(1) == [text]


async def test_a_bad_frame_harms_nobody_and_the_connection_stays(app):
    async with in_room(app, "eve") as eve, in_room(app, "ana") as ana:
        eve.send("not JSON")
        assert (await eve.event("error", "message"))["type"] == "error"
        eve.say("better")
        assert await eve.texts(1) == ["better"]
        assert await ana.texts(1) == ["better"]


async def test_a_client_that_goes_while_it_connects_is_not_there(app):
    """It vanishes between the handshake and its first frame."""
    async with in_room(app, "ana") as ana:
        await ana.event("joined")
        async with in_room(app, "ghost"):
            pass
        assert [(await ana.event())["type"] for _ in range(2)] == ["joined", "left"]
        async with in_room(app, "bob") as bob:
            assert (await bob.event("joined"))["members"] == ["ana", "bob"]


async def test_a_burst_that_arrives_at_once_cuts_nobody_off_who_reads(settings, database):
    small = settings.model_copy(update={"client_queue_size": 3})
    async with started(small) as app, in_room(app, "ana") as ana:
        await ana.event("joined")
        events = [Event("message", "lobby", "zoe", AT, "z1", str(n)) for n in range(50)]
        await database.execute(";".join(f"NOTIFY rooms, '{event.payload()}'" for event in events))  # one transaction
        assert await ana.texts(50) == [str(n) for n in range(50)]


async def test_a_foreign_notification_on_the_channel_harms_nobody(app, database):
    async with in_room(app, "ana") as ana:
        await ana.event("joined")
        unknown, ours = [
            Event(kind, "lobby", "zoe", AT, "z1", text).payload()
            for kind, text in (("shout", None), ("message", "ours"))
        ]
        for payload in ("not ours", "{}", '{"type": "message"}', "[]", "7", unknown, ours):
            await database.execute(f"NOTIFY rooms, '{payload}'")
        event = await ana.event()
        assert event.get("text") == "ours", f"of notifications that are no event, Ana reads {event}"
