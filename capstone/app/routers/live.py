"""Live comments over a WebSocket."""

import asyncio
from contextlib import suppress

import anyio
from fastapi import APIRouter, Depends, WebSocket, WebSocketDisconnect

from app.schemas.common import Id
from app.security.origins import check_origin
from app.services.broadcaster import Broadcaster
from app.services.subscribers import End, Subscriber

TRY_AGAIN_LATER = End(1013, "You read too slowly")

# What sending raises when nobody is there: RuntimeError, if the server has closed the connection already.
GONE = (WebSocketDisconnect, RuntimeError)

router = APIRouter(dependencies=[Depends(check_origin)])


@router.websocket("/ws/posts/{post_id}")
async def watch_post(ws: WebSocket, post_id: Id) -> None:
    """Tell of all that happens to the comments of a post, until it is deleted. What the client sends is ignored."""
    broadcaster: Broadcaster = ws.app.state.broadcaster
    async with broadcaster.subscribed(post_id) as subscriber:
        with suppress(*GONE):
            await ws.accept()
            await _serve(ws, subscriber)
    _drop_later(ws, subscriber.close_seconds)
    if subscriber.too_slow:
        with suppress(TimeoutError, *GONE):
            async with asyncio.timeout(subscriber.close_seconds):
                await ws.close(TRY_AGAIN_LATER.code, TRY_AGAIN_LATER.reason)


async def _serve(ws: WebSocket, subscriber: Subscriber) -> None:
    """Send what the subscriber is offered, until it is gone, is told the end, or is given up."""
    with subscriber.scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_send, ws, subscriber)
            while (await ws.receive())["type"] != "websocket.disconnect":
                pass
            subscriber.scope.cancel()


async def _send(ws: WebSocket, subscriber: Subscriber) -> None:
    with suppress(*GONE):
        while isinstance(item := await subscriber.next(), str):
            await ws.send_text(item)
        await ws.close(item.code, item.reason)
    subscriber.scope.cancel()


def _drop_later(ws: WebSocket, seconds: float) -> None:
    """Cut the connection after that time: uvicorn waits, even at its own end, for a client to read all it was sent."""
    # ASGI has no message for "drop it", so this reaches for uvicorn's own transport. Other servers have none there.
    transport = getattr(getattr(ws._receive, "__self__", None), "transport", None)
    if transport is not None:
        asyncio.get_running_loop().call_later(seconds, transport.abort)
