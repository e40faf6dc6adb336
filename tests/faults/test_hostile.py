"""The capstone under clients that mean it harm: what they can make it hold, and for how long.

It is started by its own command, without a flag: what limits them is in the app.
"""

import asyncio
from contextlib import AsyncExitStack

import pytest
from conftest import Serve
from served import Served
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from writers import new_post

from course.environment import async_http, websocket

MB = 1_000_000
FRAMES, FRAME_BYTES, FRAME_BYTES_SENT = 30, 15 * MB, 4 * MB
BODIES, BODY_BYTES = 200, 1_900_000
HELD_MAX = 64 * MB
PIECE_BYTES = 50_000


def resident(served: Served) -> int:
    """The bytes of memory that the server holds."""
    return int(served.process.memory_info().rss)


async def raw_post(served: Served, path: str, *headers: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection on which the head of a request has been sent, and nothing of its body."""
    reader, writer = await asyncio.open_connection(*served.url.removeprefix("http://").split(":"))
    head = [f"POST {path} HTTP/1.1", "Host: blog", "Content-Type: application/json", *headers, "", ""]
    writer.write("\r\n".join(head).encode())
    await writer.drain()
    return reader, writer


async def test_thirty_unfinished_frames_of_15_mb_cost_little_and_close_their_connections(serve: Serve) -> None:
    with serve() as served:
        async with async_http(served.url) as client, AsyncExitStack() as stack:
            post = await new_post(client)
            before = peak = resident(served)
            url = f"{served.url.replace('http', 'ws')}/ws{post}"
            sockets = [await stack.enter_async_context(websocket(url, compression=None)) for _ in range(FRAMES)]
            begun = Frame(Opcode.BINARY, b"x" * FRAME_BYTES).serialize(mask=True)[:FRAME_BYTES_SENT]
            for start in range(0, len(begun), PIECE_BYTES):
                for socket in sockets:
                    if not socket.transport.is_closing():
                        socket.transport.write(begun[start : start + PIECE_BYTES])
                await asyncio.sleep(0.01)
                peak = max(peak, resident(served))
            for socket in sockets:
                with pytest.raises(ConnectionClosed):
                    await asyncio.wait_for(socket.recv(), 30)
            assert (await client.get(post)).status_code == 200
    print(f"\n{FRAMES} unfinished frames: {before / MB:.0f} MB, at most {peak / MB:.0f} MB")  # noqa: T201
    assert peak - before < HELD_MAX


async def test_two_hundred_bodies_without_a_token_cost_little(serve: Serve) -> None:
    with serve() as served:
        before = resident(served)
        heads = [(path, f"Content-Length: {BODY_BYTES + 1}") for path in ("/nowhere", "/posts", "/auth/login", "/")]
        connections = [await raw_post(served, *heads[number % len(heads)]) for number in range(BODIES)]
        for _ in range(BODY_BYTES // PIECE_BYTES):
            for _, writer in connections:
                writer.write(b"x" * PIECE_BYTES)
            await asyncio.gather(*(writer.drain() for _, writer in connections))
        async with async_http(served.url, timeout=30) as client:
            assert (await client.get("/health")).status_code == 200
        after = resident(served)
        for _, writer in connections:
            writer.close()
    print(f"\n{BODIES} bodies: {before / MB:.0f} MB, then {after / MB:.0f} MB")  # noqa: T201
    assert after - before < HELD_MAX


async def test_half_a_body_is_not_waited_for_without_end(serve: Serve) -> None:
    """Declared, in pieces, or declared too long; where a body is read, where it needs a token, and where nobody is."""
    headers = ("Content-Length: 100", "Transfer-Encoding: chunked", "Content-Length: 5000000")
    paths = ("/auth/register", "/posts", "/nowhere")
    with serve(BODY_SECONDS="1") as served:

        async def answer(path: str, header: str) -> bytes:
            reader, writer = await raw_post(served, path, header)
            writer.write(b'5\r\n{"ema')
            answered = await asyncio.wait_for(reader.read(), 30)  # to the end: the server closes
            writer.close()
            return answered.split()[1]

        answers = await asyncio.gather(*(answer(path, header) for path in paths for header in headers))
    assert answers == [b"408", b"408", b"413"] * len(paths)
