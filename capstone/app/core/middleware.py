"""What happens to every request: it gets an id and a line in the log, and its body has a limit.

Plain ASGI, because a BaseHTTPMiddleware costs five times as much and breaks context variables.
"""

import logging
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.problems import problem
from app.core.requests import REQUEST_ID_HEADER, choose_request_id, request_id

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
                MutableHeaders(scope=message)[REQUEST_ID_HEADER] = own_id
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
    """Answers 413 to a body that is too large: at once if its length is declared, else as soon as too much has come.

    It reads the body before the app does. So the limit holds for every route, also for one that never reads its body.
    """

    def __init__(self, app: ASGIApp, *, limit_bytes: int) -> None:
        self.app = app
        self.limit_bytes = limit_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        headers = Headers(scope=scope)
        if "content-length" not in headers and "transfer-encoding" not in headers:  # no body (RFC 9112, section 6.3)
            await self.app(scope, receive, send)
            return

        declared = headers.get("content-length", "")
        if declared.isdecimal() and int(declared[:20]) > self.limit_bytes:  # 20 digits tell, and Python refuses 5,000
            await self._refuse(scope, receive, send)
            return

        pieces, size, more = [], 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            pieces.append(message.get("body", b""))
            size += len(pieces[-1])
            more = message.get("more_body", False)
            if size > self.limit_bytes:
                await self._refuse(scope, receive, send)
                return

        unread: list[Message] = [{"type": "http.request", "body": b"".join(pieces), "more_body": False}]

        async def receive_again() -> Message:
            return unread.pop() if unread else await receive()

        await self.app(scope, receive_again, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = problem(413, f"The body of a request has at most {self.limit_bytes} bytes.")
        await response(scope, receive, send)
