"""The chat as its clients see it: who reads what, once and in order, whatever one of them does."""

from peers import in_room


async def test_who_joins_reads_who_is_there(app):
    async with in_room(app, "ana"), in_room(app, "bob") as bob:
        assert (await bob.event("joined"))["members"] == ["ana", "bob"]


async def test_a_bad_frame_gets_an_error_and_costs_no_connection(app):
    async with in_room(app, "eve") as eve:
        await eve.event("joined")
        eve.send("nonsense")
        assert (await eve.event())["type"] == "error"
        eve.say("better")
        assert await eve.texts(1) == ["better"]


async def test_everyone_reads_each_text_once_on_both_processes(app, other_app):
    async with in_room(app, "ana") as ana, in_room(other_app, "zoe") as zoe:
        ana.say("question")
        assert await zoe.texts(1) == ["question"]
        zoe.say("answer")  # whatever else became of the question has come to Ana before it
        assert await ana.texts(2) == ["question", "answer"]


async def test_one_who_does_not_read_holds_nobody_up(app):
    async with in_room(app, "ana") as ana, in_room(app, "stuck") as stuck:
        await stuck.event("joined")
        stuck.reading.clear()
        for text in ("first", "second"):
            ana.say(text)
            assert await ana.texts(1) == [text]
