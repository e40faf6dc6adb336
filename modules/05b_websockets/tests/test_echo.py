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


async def test_our_own_page_is_let_in(app):
    async with Peer(app, "/ws/notify", origin="http://test") as peer:
        peer.send("hello")
        assert await peer.receive() == "Echo: hello"


async def test_a_page_from_elsewhere_is_refused(app):
    with pytest.raises(RefusedError):
        async with Peer(app, "/ws/notify", origin="https://elsewhere.example"):
            pass
