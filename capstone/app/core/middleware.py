"""What happens to every request: it gets an id and a line in the log, its body has limits, and a stale plan is retried.

Plain ASGI, because a BaseHTTPMiddleware costs five times as much and breaks context variables.
"""

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import suppress

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.db import StalePlanError
from app.core.errors import Unauthenticated, Unavailable
from app.core.problems import problem
from app.core.requests import REQUEST_ID_HEADER, choose_request_id, protective_headers, request_id

ANONYMOUS_BYTES_MAX, FORM_BYTES_MAX = 16 * 1024, 128 * 1024
STALE_PLAN_ATTEMPTS = 3  # the first failure makes SQLAlchemy forget all plans; the third is for a second migration
CLOSE = {"Connection": "close"}

logger = logging.getLogger("app.requests")


class RequestLog:
    """Gives each request an id, repeats it in the response, and writes one line when it is done.

    A WebSocket has an id too, and repeats it if it is refused. Its line is the server's own: it may stay for days.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return

        # Never reset: what is logged after this, such as an error that the server reports, belongs to the request too,
        # and the next request has a context of its own.
        own_id = choose_request_id(Headers(scope=scope).get(REQUEST_ID_HEADER))
        request_id.set(own_id)
        status = None  # until there is an answer; without one, the client has gone away
        start = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID_HEADER] = own_id
                for name, value in protective_headers(scope).items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        except Exception:
            status = 500  # which is sent outside of this
            raise
        finally:
            if scope["type"] == "http":
                self._write_line(scope, status, time.perf_counter() - start)

    def _write_line(self, scope: Scope, status: int | None, seconds: float) -> None:
        # The template and not the path: /posts/{post_id} is one thing to count, /posts/17 one of a million.
        route = getattr(scope.get("route"), "path", None)
        logger.info(
            "%s %s %s",
            scope["method"],
            route or "(no route)",
            status or "(no answer)",
            extra={
                "method": scope["method"],
                "route": route,
                "status": status,
                "milliseconds": round(seconds * 1000, 1),
                "user_id": scope.get("state", {}).get("user_id"),
            },
        )


class BodyLimit:
    """Reads a body before the app does, so that its limits hold on every route: 413 for its size, 408 for its time.

    Whoever sends no token of ours makes the server hold no more than a form needs. What comes beyond that is dropped as
    it comes, and the app gets no body: that is enough for its 401 or 404. A form that is longer is a 413.
    """

    def __init__(self, app: ASGIApp, *, limit_bytes: int, seconds: float) -> None:
        self.app = app
        self.limit_bytes = limit_bytes
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else {}
        if "content-length" not in headers and "transfer-encoding" not in headers:  # no body (RFC 9112, section 6.3)
            await self.app(scope, receive, send)
            return

        whole = False

        async def read() -> Message:
            nonlocal whole
            message = await receive()
            whole = not message.get("more_body", False)
            return message

        declared = headers.get("content-length", "")
        deadline = asyncio.get_running_loop().time() + self.seconds
        refusal = problem(413, f"The body of a request has at most {self.limit_bytes} bytes.", headers=CLOSE)
        body = None
        if not declared.isdecimal() or int(declared[:20]) <= self.limit_bytes:  # Python refuses 5,000 digits
            try:
                async with asyncio.timeout_at(deadline):
                    body = await self._read(scope, read)
            except ClientDisconnect:
                return
            except TimeoutError:
                refusal = problem(408, f"The body did not arrive within {self.seconds:g} s.", headers=CLOSE)
        if body is None:
            await send({"type": "http.response.start", "status": refusal.status_code, "headers": refusal.raw_headers})
            await send({"type": "http.response.body", "body": refusal.body, "more_body": True})
            # A client whose connection is cut while it sends never sees the answer: so what it sends is still read.
            with suppress(TimeoutError):
                async with asyncio.timeout_at(deadline):
                    while not whole:
                        await read()
            await send({"type": "http.response.body", "body": b""})
            return

        unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive_again() -> Message:
            return unread.pop() if unread else await receive()

        await self.app(scope, receive_again, send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        """Return the body; nothing of one that must not be held; None if it is too large. Raises ClientDisconnect."""
        is_form = "/auth/" in scope["path"]  # which nobody has a token for yet
        pieces, size, more, may_hold = [], 0, True, FORM_BYTES_MAX if is_form else ANONYMOUS_BYTES_MAX
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            pieces.append(message.get("body", b""))
            size += len(pieces[-1])
            more = message.get("more_body", False)
            del message  # which would hold this piece while the next one is waited for
            if size > self.limit_bytes:
                return None
            if size > may_hold:
                may_hold = self.limit_bytes if _has_token(scope) else 0
            if size > may_hold:
                pieces.clear()
        return None if is_form and size > may_hold else b"".join(pieces)


def _has_token(scope: Scope) -> bool:
    kind, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
    try:
        scope["app"].state.tokens.read(token)
    except Unauthenticated:
        return False
    return kind.lower() == "bearer"


class RetryStalePlans:
    """Runs a request again whose prepared statement a migration made stale. Its transaction was rolled back."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        at_first, read = dict(scope), list[Message]()
        for _ in range(STALE_PLAN_ATTEMPTS):
            again = iter(tuple(read))

            async def receive_noted(again: Iterator[Message] = again) -> Message:
                message = next(again, None)
                if message is None:
                    message = await receive()
                    read.append(message)
                return message

            try:
                await self.app(scope, receive_noted, send)
            except StalePlanError:
                scope.clear()
                scope.update(at_first)
            else:
                return
        await problem(503, Unavailable().detail, headers=Unavailable().headers)(scope, receive, send)
