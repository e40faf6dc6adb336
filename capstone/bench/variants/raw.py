"""(a) The limit: no framework, and one query that returns the finished JSON."""

import json
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import asyncpg

from bench.variants import sql

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

pool: asyncpg.Pool


async def app(scope: Message, receive: Receive, send: Send) -> None:
    """Answer without checking anything: nobody may be let in here."""
    if scope["type"] == "lifespan":
        await live(receive, send)
        return
    status = 200
    match scope["path"].split("/")[1:]:
        case ["posts"]:
            items = await pool.fetchval(sql.PAGE_JSON)
            content = f'{{"items":{items},"next_cursor":null}}'
        case ["posts", post_id]:
            content = (await pool.fetchval(sql.POST_JSON, int(post_id)))[1:-1]
        case ["posts", post_id, "comments"]:
            body = json.loads((await receive())["body"])["body"]
            content, status = await pool.fetchval(sql.INSERT_JSON, int(post_id), 1, body), 201
        case _:
            content = '{"ok":true}'
    answer = content.encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": answer})


async def leave_as_it_is(connection: object) -> None:
    """Spare the pool's own statement on each return: nothing here changes a connection."""


async def live(receive: Receive, send: Send) -> None:
    """Open the pool at the start, and close it at the end."""
    global pool
    while (message := await receive())["type"] == "lifespan.startup":
        pool = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=20, max_size=20, reset=leave_as_it_is)
        await send({"type": "lifespan.startup.complete"})
    assert message["type"] == "lifespan.shutdown"
    await pool.close()
    await send({"type": "lifespan.shutdown.complete"})
