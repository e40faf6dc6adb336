"""Step 5.3a: the echo."""

import pytest
from fastapi import WebSocket, WebSocketDisconnect
from peers import Peer, RefusedError
from test_http import NO_DATABASE


@pytest.fixture
def app():
    """The app before its start: the echo needs nothing else."""
    from websocket_example import create_app

    return create_app(NO_DATABASE)


async def test_a_text_comes_back(app):
    async with Peer(app, "/ws/notify") as peer:
        for text in ("hello", "", "Grüße 🎈"):
            peer.send(text)
            assert await peer.receive() == f"Echo: {text}"


async def test_a_binary_frame_gets_an_error_and_the_connection_stays(app):
    async with Peer(app, "/ws/notify") as peer:
        peer.send(b"hello")
        assert (await peer.event())["type"] == "error"
        peer.send("hello")
        assert await peer.receive() == "Echo: hello"


async def test_who_reads_on_is_told_that_the_client_is_gone():
    from rooms.frames import receive_text

    messages = [{"type": "websocket.disconnect", "code": 1001}, {"type": "websocket.connect"}]

    async def receive():
        return messages.pop()

    ws = WebSocket({"type": "websocket", "path": "/", "headers": []}, receive, receive)
    await ws.receive()
    with pytest.raises(WebSocketDisconnect):
        await receive_text(ws)


async def test_the_echo_ends_without_an_error_when_the_server_has_closed_the_connection(app):
    from websocket_example import notify

    messages = [{"type": "websocket.connect"}, {"type": "websocket.receive", "text": "hello"}]

    async def receive():
        return messages.pop(0) if messages else {"type": "websocket.disconnect", "code": 1006}

    async def send(message):
        if message["type"] == "websocket.send":
            raise RuntimeError("closed: no answer to a ping")  # as uvicorn says it

    await notify(WebSocket({"type": "websocket", "path": "/", "headers": []}, receive, send))
    assert not messages


async def test_our_own_page_is_let_in(app):
    async with Peer(app, "/ws/notify", origin="http://test") as peer:
        peer.send("hello")
        assert await peer.receive() == "Echo: hello"


async def test_a_page_from_elsewhere_is_refused(app):
    with pytest.raises(RefusedError):
        async with Peer(app, "/ws/notify", origin="https://elsewhere.example"):
            pass
