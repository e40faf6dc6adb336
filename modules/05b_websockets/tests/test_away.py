"""The database goes away, and comes back. Processes die."""

from peers import in_room, started

from rooms import bus
from rooms.frames import Event


async def test_a_cut_connection_is_made_again_the_clients_stay_and_the_gap_is_said(app, other_app, database):
    async with in_room(app, "ana") as ana, in_room(other_app, "zoe") as zoe:
        await zoe.event("joined")
        await database.cut()
        for peer in (ana, zoe):
            gap = await peer.event("gap")
            assert (gap["room"], gap["members"]) == ("lobby", ["ana", "zoe"])
        ana.say("back again")
        assert await zoe.texts(1) == ["back again"]
        assert await ana.texts(1) == ["back again"]


async def test_while_the_database_is_away_the_sender_is_told_and_nobody_else(app, database):
    async with in_room(app, "ana") as ana, in_room(app, "bob") as bob:
        await ana.event("joined")
        await bob.event("joined")
        await database.take_away()
        ana.say("lost")
        assert (await ana.event("error"))["message"]
        await database.give_back()
        assert (await bob.event("gap", "error", "message"))["type"] == "gap"
        await ana.event("gap")
        ana.say("heard")
        assert await bob.texts(1) == ["heard"]


async def test_who_comes_or_goes_meanwhile_is_counted_afterwards(app, other_app, database):
    async with in_room(app, "ana") as ana:
        await ana.event("joined")
        async with in_room(app, "bob") as bob:
            await bob.event("joined")
            await database.take_away()
        async with in_room(other_app, "zoe") as zoe:
            await zoe.event("error")  # she may stay, and is told that nobody can be reached
            await database.give_back()
            await ana.event("gap")
            await zoe.event("gap")
            async with in_room(app, "cem") as cem:
                assert (await cem.event("joined"))["members"] == ["ana", "cem", "zoe"]


async def test_an_app_that_starts_without_a_database_serves_its_echo_and_connects_later(settings, database):
    await database.take_away()
    async with started(settings) as app, in_room(app, "ana") as ana:
        assert (await ana.event("error"))["message"]
        await database.give_back()
        assert (await ana.event("gap"))["members"] == ["ana"]
        ana.say("hello")
        assert await ana.texts(1) == ["hello"]


async def test_members_of_a_process_that_was_killed_vanish(settings, database):
    ghost = Event("joined", "lobby", "ghost", "2026-11-22T12:00:00.000Z", "g1")
    often = settings.model_copy(update={"presence_check_seconds": 0.2})
    async with started(often) as app, in_room(app, "ana") as ana:
        await ana.event("joined")
        row = "INSERT INTO room_members (client_id, worker, room, name) VALUES ('g1', 'rooms-killed', 'lobby', 'ghost')"
        await database.execute(f"{row}; NOTIFY rooms, '{ghost.payload()}'")
        assert (await ana.event("joined"))["from"] == "ghost"
        assert (await ana.event("left"))["from"] == "ghost"


async def test_a_process_that_can_not_keep_up_starts_again_with_a_gap(app, monkeypatch):
    async with in_room(app, "ana") as ana:
        await ana.event("joined")
        with monkeypatch.context() as smaller:
            smaller.setattr(bus, "BACKLOG_MAX", 0)
            ana.say("lost")
            assert (await ana.event())["type"] == "gap"
        ana.say("heard")
        assert (await ana.event())["text"] == "heard"
