"""The server is told to end while posts are watched."""

import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio.to_thread
import pytest
from databases import Database
from servers import end, served
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from app.config.settings import Settings

END_SECONDS = 30  # for what should take a second, on a busy machine
COMMENTS = 300  # more than a watcher has room for, and than a pipe holds log lines of
HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def end_while_watched(settings: Settings, folder: Path) -> tuple[int, str]:
    """End a server with a watcher that reads and one that never does. Return the close code, and what was printed."""
    with ThreadPoolExecutor() as reading, served(settings, folder) as (client, process):
        assert process.stdout is not None
        printed = reading.submit(process.stdout.read)  # a server that finds its pipe full stands still
        credentials = {"email": "end@example.com", "password": "hush hush hush"}
        token = client.post("/auth/register", json=credentials).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        path = client.post("/posts", json={"title": "A title", "body": "A body"}, headers=headers).headers["location"]
        address = f"ws://{client.base_url.host}:{client.base_url.port}/ws{path}"
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect((client.base_url.host, client.base_url.port))
        with deaf, connect(address) as reader:
            deaf.sendall(HANDSHAKE.format(path=f"/ws{path}").encode())
            for _ in range(COMMENTS):
                client.post(f"{path}/comments", json={"body": "x" * 10_000}, headers=headers)
                reader.recv(timeout=END_SECONDS)
            client.close()
            end(process)
            with pytest.raises(ConnectionClosed) as closed:
                reader.recv(timeout=END_SECONDS)
            process.wait(timeout=END_SECONDS)
        output = printed.result(timeout=END_SECONDS)
    assert closed.value.rcvd is not None
    return closed.value.rcvd.code, output


async def test_whoever_watches_is_told_and_the_server_ends_in_time(
    settings: Settings, committed_database: Database, tmp_path: Path
) -> None:
    code, printed = await anyio.to_thread.run_sync(end_while_watched, settings, tmp_path)
    assert code == 1012
    assert "Finished server process" in printed
    assert "Traceback" not in printed
