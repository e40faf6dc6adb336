"""The rooms as they really run: several processes, real sockets, and what goes wrong with them."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from live import DEADLINE_SECONDS, Server, event, say, serving, texts
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

WORKERS = 4
BIG = "x" * 4_000  # the buffers of two systems take some hundred of them for a client that does not read
FLOOD_MAX = 5_000
AT_ONCE = 50  # far less than fills the queue of a client that reads


@pytest.fixture(scope="module")
async def server(database_url: str) -> AsyncIterator[Server]:
    """Four worker processes, which look twice a second who is really there."""
    async with serving(database_url, WORKERS, PRESENCE_CHECK_SECONDS="0.5") as server:
        yield server


async def on_every_worker(server: Server, stack: AsyncExitStack, database, room: str) -> list[ClientConnection]:
    """Clients in a room, as many as it takes until every worker has some."""
    clients: list[ClientConnection] = []
    while len(clients) < 6 or await database.workers() < WORKERS:
        clients.append(await stack.enter_async_context(server.join(f"client-{len(clients)}", room)))
        await event(clients[-1], "joined")
    return clients


async def until_left(names: set[str], talker: ClientConnection, witness: ClientConnection) -> None:
    """Flood the room until these have left it. The talker and the witness read, and are never far behind."""
    for _ in range(FLOOD_MAX // AT_ONCE):
        for _ in range(AT_ONCE):
            await say(talker, BIG)
        await texts(talker, AT_ONCE)
        heard = 0
        while heard < AT_ONCE:
            news = await event(witness)
            heard += news["type"] == "message"
            if news["type"] == "left":
                names = names - {news["from"]}
        if not names:
            return
    raise AssertionError(f"after {FLOOD_MAX} messages, these are still there: {names}")


async def test_every_message_reaches_every_client_once_and_in_its_senders_order(server, database):
    count, senders = 50, 6
    async with AsyncExitStack() as stack:
        clients = await on_every_worker(server, stack, database, "order")

        async def talk(number: int) -> None:
            for index in range(count):
                await say(clients[number], f"{number} {index}")

        async def hear(client: ClientConnection) -> list[str]:
            return await texts(client, senders * count + 1)

        hearing = asyncio.gather(*(hear(client) for client in clients))
        await asyncio.gather(*(talk(number) for number in range(senders)))
        await say(clients[0], "the end")
        for heard in await hearing:
            for number in range(senders):
                own = [text for text in heard if text.startswith(f"{number} ")]
                assert own == [f"{number} {index}" for index in range(count)]


async def test_a_database_that_cuts_all_connections_costs_no_client_and_the_gap_is_said(server, database):
    async with AsyncExitStack() as stack:
        clients = await on_every_worker(server, stack, database, "cut")
        await database.cut()
        for client in clients:
            assert "may be missing" in (await event(client, "gap"))["message"]
        await say(clients[0], "after the gap")
        assert [await texts(client, 1) for client in clients] == [["after the gap"]] * len(clients)


async def test_who_was_on_a_killed_worker_vanishes_and_can_come_back(server, database):
    async with AsyncExitStack() as stack:
        clients = await on_every_worker(server, stack, database, "killed")
        victim = server.worker_pids[0]
        os.kill(victim, signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        await server.until_logged(rf"(Child process \[{victim}\] died)")
        await server.until_logged("(Application startup complete)", WORKERS + 1)
        async with server.join("witness", "killed") as witness:
            present = (await event(witness, "joined"))["members"]
            lost = {f"client-{number}" for number, client in enumerate(clients) if not await is_open(client)}
            assert 0 < len(lost) < len(clients)
            for _ in lost & set(present):  # those whom nobody had missed when the witness came
                assert (await event(witness, "left"))["from"] in lost


async def is_open(client: ClientConnection) -> bool:
    """Whether somebody answers at the other end."""
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await (await client.ping())
    except ConnectionClosed:
        return False
    return True


async def test_slow_readers_hold_nobody_up_and_are_closed_with_1013_or_dropped(database_url):
    async with serving(database_url, 2, CLOSE_SECONDS="10") as server, AsyncExitStack() as stack:
        stuck = await stack.enter_async_context(server.join("stuck", **server.deaf()))
        slow = await stack.enter_async_context(server.join("slow", **server.deaf()))
        talker = await stack.enter_async_context(server.join("talker"))
        witness = await stack.enter_async_context(server.join("witness"))
        await until_left({"stuck", "slow"}, talker, witness)

        with pytest.raises(ConnectionClosed):  # the slow one reads on
            await texts(slow, FLOOD_MAX)
        assert slow.close_code == 1013

        async def go_on() -> None:  # the stuck one never reads; when it is dropped, it can't write any more
            while True:
                await say(talker, "hello")
                await texts(witness, 1)
                await say(stuck, "I write, and never read")
                await asyncio.wait([gone], timeout=0.1)

        gone = asyncio.create_task(stuck.wait_closed())
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(go_on(), DEADLINE_SECONDS)
        assert stuck.close_code == 1006


async def test_a_stop_tells_every_client_that_reads_and_waits_for_none_that_does_not(database_url):
    async with serving(database_url, 2, CLIENT_QUEUE_SIZE="10000") as server, AsyncExitStack() as stack:
        talker = await stack.enter_async_context(server.join("talker"))
        others = [await stack.enter_async_context(server.join("other", f"room-{n}")) for n in range(6)]
        echo = await stack.enter_async_context(server.connect("/ws/notify"))
        await stack.enter_async_context(server.join("stuck", **server.deaf()))
        stuck_echo = await stack.enter_async_context(server.connect("/ws/notify", **server.deaf()))
        shouting = asyncio.create_task(shout(stuck_echo))
        for _ in range(30):  # together more than the buffers take
            for _ in range(AT_ONCE):
                await say(talker, BIG)
            await texts(talker, AT_ONCE)
        server.stop()
        await server.ended()
        for client in (talker, *others, echo):
            await client.wait_closed()
            assert client.close_code in (1001, 1012)
        shouting.cancel()


async def shout(client: ClientConnection) -> None:
    """Send to the echo without reading what comes back, until both sides are full."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            await client.send("x" * 60_000)


TOO_LONG = 65_537  # one byte more than a frame may have


def header_of(size: int, opcode: int = 1) -> bytes:
    """How a client's frame of this size begins (RFC 6455, section 5.2). Its mask is zero, which masks nothing."""
    return bytes([opcode, 255]) + size.to_bytes(8) + bytes(4)


@pytest.mark.parametrize(
    "frames",
    [
        header_of(TOO_LONG, 0x81) + b"x" * TOO_LONG,
        header_of(15_000_000, 0x81) + b"x",
        header_of(15_000_000, 0x82),
        header_of(40_000, 1) + b"x" * 40_000 + header_of(40_000, 0),
    ],
    ids=["whole", "unfinished", "unfinished and binary", "in pieces"],
)
@pytest.mark.parametrize("path", ["/ws/notify", "/ws/rooms/frames?name=eve"])
async def test_a_frame_over_64_kib_closes_its_connection_alone(server, path, frames):
    async with server.join("ana", "frames") as ana, server.connect(path) as eve:
        eve.transport.write(frames)
        async with asyncio.timeout(DEADLINE_SECONDS):
            await eve.wait_closed()
        assert eve.close_code == 1009
        await say(ana, "still here")
        assert await texts(ana, 1) == ["still here"]


async def test_a_frame_of_64_kib_is_taken(server):
    async with server.connect("/ws/notify") as client:
        await client.send("x" * 65_536)
        assert await client.recv() == "Echo: " + "x" * 65_536
