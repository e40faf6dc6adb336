"""The database goes away, and comes back. Processes die."""

import asyncio
import secrets
from urllib.parse import urlsplit

import pytest
from peers import in_room, started
from pydantic import SecretStr

from rooms import broadcaster
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
        await ana.event("error")
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
        await ana.event("error")
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


async def test_a_leaving_that_was_missed_is_told_by_the_next_check(settings, database):
    ghost = Event("joined", "lobby", "ghost", "2026-11-22T12:00:00.000Z", "g1")
    often = settings.model_copy(update={"presence_check_seconds": 0.2})
    async with started(often) as app, in_room(app, "ana") as ana:
        await ana.event("joined")
        row = "INSERT INTO room_members SELECT 'g1', worker, 'lobby', 'ghost' FROM room_members"  # of her own process
        await database.execute(f"{row}; NOTIFY rooms, '{ghost.payload()}'")
        assert (await ana.event("joined"))["from"] == "ghost"
        assert (await ana.event("left"))["from"] == "ghost"


async def test_a_process_that_can_not_keep_up_starts_again_with_a_gap(settings, database, monkeypatch):
    monkeypatch.setattr(broadcaster, "BACKLOG_MAX", 3)
    async with started(settings) as app, in_room(app, "ana") as ana:
        await ana.event("joined")
        await database.execute(";".join(f"NOTIFY rooms, '{number}'" for number in range(10)))  # one transaction
        assert (await ana.event())["type"] == "gap"
        ana.say("heard")
        assert (await ana.event())["text"] == "heard"


async def refusal(settings, capsys, **changed) -> str:
    """What a start says about a database that it can never use: one line, without the password."""
    url = urlsplit(settings.database_url.get_secret_value())
    url = url._replace(netloc=changed.get("netloc", url.netloc), path=changed.get("path", url.path))

    with pytest.raises(SystemExit, match="3"):
        async with started(settings.model_copy(update={"database_url": SecretStr(url.geturl())})):
            pass
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("DATABASE_URL: the database ")
    assert "hunter2" not in line
    return line


async def test_a_role_that_may_not_create_tables_is_told_the_grant(settings, server_connection, capsys):
    role = f"newcomer_{secrets.token_hex(4)}"
    await server_connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'hunter2'")
    try:
        host = urlsplit(settings.database_url.get_secret_value()).netloc.rpartition("@")[2]
        line = await refusal(settings, capsys, netloc=f"{role}:hunter2@{host}")
    finally:
        await server_connection.execute(f"DROP ROLE {role}")
    assert line.endswith(f'As the database\'s owner run: GRANT USAGE, CREATE ON SCHEMA public TO "{role}"')


async def test_a_server_that_only_reads_is_told(settings, server_connection, capsys):
    name = f"reader_{secrets.token_hex(4)}_test"
    await server_connection.execute(f"CREATE DATABASE {name}")
    await server_connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    try:
        line = await refusal(settings, capsys, path=f"/{name}")
    finally:
        await server_connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    assert line.endswith("Give the address of the server that takes writes")


async def test_a_database_that_can_not_hold_every_text_is_told(settings, server_connection, capsys):
    name = f"latin_{secrets.token_hex(4)}_test"
    await server_connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
    try:
        line = await refusal(settings, capsys, path=f"/{name}")
    finally:
        await server_connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    assert "is in LATIN1" in line
    assert "ENCODING 'UTF8'" in line


async def test_a_pooler_that_refuses_the_connection_is_told(settings, capsys):
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (await reader.readexactly(8))[4:] == (80_877_103).to_bytes(4):  # may it be encrypted?
            writer.write(b"N")
            await reader.readexactly(8)
        fields = b"SFATAL\0C08P01\0Munsupported startup parameter: synchronous_commit\0\0"
        writer.write(b"E" + (len(fields) + 4).to_bytes(4) + fields)
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1") as pooler:
        host, port = pooler.sockets[0].getsockname()
        line = await refusal(settings, capsys, netloc=f"{host}:{port}")
    assert "unsupported startup parameter: synchronous_commit" in line
    assert "set DATABASE_DIRECT_URL" in line


async def test_rooms_listen_at_the_database_itself_where_there_is_a_pooler(settings):
    pooler = SecretStr("postgresql://nobody@127.0.0.1:1/nowhere")
    itself = {"database_url": pooler, "database_direct_url": settings.database_url}
    async with started(settings.model_copy(update=itself)) as app, in_room(app, "ana") as ana:
        assert (await ana.event())["members"] == ["ana"]
