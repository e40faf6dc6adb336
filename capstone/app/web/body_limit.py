"""A body has limits, of size and of time. It is in memory before the app runs, so a stale plan can be tried again."""

import asyncio
from contextlib import suppress

from sqlalchemy.exc import DBAPIError
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.database.faults import is_stale_plan
from app.errors import Unavailable
from app.security.tokens import decode_access_token
from app.web.error_handlers import problem

ANONYMOUS_BYTES_MAX, FORM_BYTES_MAX = 16 * 1024, 128 * 1024
CLOSE = {"Connection": "close"}
STALE_PLAN_ATTEMPTS = 3  # the first failure makes SQLAlchemy forget all plans; the third is for a second migration


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
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        has_body = "content-length" in headers or "transfer-encoding" in headers  # RFC 9112, section 6.3
        body = await self._body(scope, receive, send) if has_body else b""
        if body is not None:
            await self._run(scope, {"type": "http.request", "body": body, "more_body": False}, receive, send)

    async def _run(self, scope: Scope, first: Message, receive: Receive, send: Send) -> None:
        """Run the app, and again if a migration made a prepared statement stale: its transaction was rolled back."""
        for _ in range(STALE_PLAN_ATTEMPTS):
            unread = [first]

            async def receive_again(unread: list[Message] = unread) -> Message:
                return unread.pop() if unread else await receive()

            try:
                await self.app(scope, receive_again, send)
                return
            except DBAPIError as error:
                if not is_stale_plan(error):
                    raise
        await problem(503, Unavailable.message, headers=Unavailable.headers)(scope, receive, send)

    async def _body(self, scope: Scope, receive: Receive, send: Send) -> bytes | None:
        """Return the body; None if it was refused, or if the client has gone."""
        whole = False

        async def read() -> Message:
            nonlocal whole
            message = await receive()
            whole = not message.get("more_body", False)
            return message

        declared = Headers(scope=scope).get("content-length", "")
        deadline = asyncio.get_running_loop().time() + self.seconds
        refusal = problem(413, f"The body of a request has at most {self.limit_bytes} bytes.", headers=CLOSE)
        if not declared.isdecimal() or int(declared[:20]) <= self.limit_bytes:  # Python refuses 5,000 digits
            try:
                async with asyncio.timeout_at(deadline):
                    if (body := await self._read(scope, read)) is not None:
                        return body
            except ClientDisconnect:
                return None
            except TimeoutError:
                refusal = problem(408, f"The body did not arrive within {self.seconds:g} s.", headers=CLOSE)
        await send({"type": "http.response.start", "status": refusal.status_code, "headers": refusal.raw_headers})
        await send({"type": "http.response.body", "body": refusal.body, "more_body": True})
        # A client whose connection is cut while it sends never sees the answer: so what it sends is still read.
        with suppress(TimeoutError):
            async with asyncio.timeout_at(deadline):
                while not whole:
                    await read()
        await send({"type": "http.response.body", "body": b""})
        return None

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
    return kind.lower() == "bearer" and decode_access_token(token, scope["app"].state.settings) is not None
