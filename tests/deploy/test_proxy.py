"""The rehearsal's proxy: what a version is told of its clients, and what clients see of a switch."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import pytest

from course.deploy.rehearsal.proxy import Proxy
from course.deploy.rehearsal.wire import Connection, Message, read_message, request


@asynccontextmanager
async def version(name: str) -> AsyncIterator[int]:
    """A server that answers with its name, and with the headers that it got."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        message = await read_message(reader)
        headers = {key.decode().lower(): value.decode() for key, value in message.headers}
        body = json.dumps({"name": name, "headers": headers, "body": message.body.decode()}).encode()
        head = [(b"Content-Length", str(len(body)).encode()), (b"Connection", b"close")]
        writer.write(Message(b"HTTP/1.1 200 OK", head, body).encoded())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


async def test_a_client_cannot_say_who_it_is() -> None:
    async with Proxy() as proxy, version("one") as port:
        proxy.switch(port)
        with closing(await Connection.open(proxy.port)) as client:
            lies = {"x_real_ip": "203.0.113.9", "x_forwarded_proto": "http", "x_forwarded_for": "203.0.113.9"}
            answer = json.loads((await client.exchange(request("GET", "/", host="blog.test", **lies))).body)
    assert answer["headers"]["x-real-ip"] == "127.0.0.1"
    assert answer["headers"]["x-forwarded-proto"] == "https"
    assert answer["headers"]["x-forwarded-for"] == "203.0.113.9, 127.0.0.1"
    assert answer["headers"]["host"] == "blog.test"


async def test_a_connection_stays_open_over_a_switch() -> None:
    async with Proxy() as proxy, version("one") as one, version("two") as two:
        with closing(await Connection.open(proxy.port)) as client:
            names = []
            for port in (one, two):
                proxy.switch(port)
                answer = await client.exchange(request("POST", "/", host="blog.test", body=b"hello"))
                names.append(json.loads(answer.body)["name"])
                assert json.loads(answer.body)["body"] == "hello"
    assert names == ["one", "two"]


async def test_without_a_version_that_answers_there_is_a_502() -> None:
    async with Proxy() as proxy:
        with closing(await Connection.open(proxy.port)) as client:
            assert (await client.exchange(request("GET", "/", host="blog.test"))).status == 502
            async with version("gone") as port:
                proxy.switch(port)
            assert (await client.exchange(request("GET", "/", host="blog.test"))).status == 502


async def test_a_body_in_chunks_is_passed_on_as_it_is() -> None:
    async with Proxy() as proxy, version("one") as port:
        proxy.switch(port)
        with closing(await Connection.open(proxy.port)) as client:
            chunked = Message(
                b"POST / HTTP/1.1",
                [(b"Host", b"blog.test"), (b"Transfer-Encoding", b"chunked")],
                b"2\r\nhi\r\n0\r\n\r\n",
            )
            answer = json.loads((await client.exchange(chunked)).body)
    assert answer["body"] == "2\r\nhi\r\n0\r\n\r\n"
