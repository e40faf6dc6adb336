"""Live comments over a WebSocket."""

import asyncio
from contextlib import suppress

import anyio
from fastapi import APIRouter, Depends, WebSocket, WebSocketDisconnect

from app.schemas.common import Id
from app.security.origins import check_origin
from app.services.live import Live
from app.services.watchers import End, Watcher

TRY_AGAIN_LATER = End(1013, "You read too slowly")

# What sending raises when nobody is there: RuntimeError, if the server has closed the connection already.
GONE = (WebSocketDisconnect, RuntimeError)

router = APIRouter(dependencies=[Depends(check_origin)])


@router.websocket("/ws/posts/{post_id}")
async def watch_post(ws: WebSocket, post_id: Id) -> None:
    """Tell of all that happens to the comments of a post, until it is deleted. What the client sends is ignored."""
    live: Live = ws.app.state.live
    async with live.watching(post_id) as watcher:
        with suppress(*GONE):
            await ws.accept()
            await _serve(ws, watcher)
    _drop_later(ws, watcher.close_seconds)
    if watcher.too_slow:
        with suppress(TimeoutError, *GONE):
            async with asyncio.timeout(watcher.close_seconds):
                await ws.close(TRY_AGAIN_LATER.code, TRY_AGAIN_LATER.reason)


async def _serve(ws: WebSocket, watcher: Watcher) -> None:
    """Send what the watcher is offered, until it is gone, is told the end, or is given up."""
    with watcher.scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_send, ws, watcher)
            while (await ws.receive())["type"] != "websocket.disconnect":
                pass
            watcher.scope.cancel()


async def _send(ws: WebSocket, watcher: Watcher) -> None:
    with suppress(*GONE):
        while isinstance(item := await watcher.next(), str):
            await ws.send_text(item)
        await ws.close(item.code, item.reason)
    watcher.scope.cancel()


def _drop_later(ws: WebSocket, seconds: float) -> None:
    """Cut the connection after that time: uvicorn waits, even at its own end, for a client to read all it was sent."""
    # ASGI has no message for "drop it", so this reaches for uvicorn's own transport. Other servers have none there.
    transport = getattr(getattr(ws._receive, "__self__", None), "transport", None)
    if transport is not None:
        asyncio.get_running_loop().call_later(seconds, transport.abort)
