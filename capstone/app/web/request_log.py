"""Every request gets an id and a line in the log.

Plain ASGI, because a BaseHTTPMiddleware costs five times as much and breaks context variables.
"""

import logging
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.request_id import REQUEST_ID_HEADER, choose_request_id, protective_headers, request_id

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
