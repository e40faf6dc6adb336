"""Every request gets an id, headers that protect its answer, and a line in the log.

Plain ASGI, because a BaseHTTPMiddleware costs five times as much and breaks context variables.
"""

import logging
import re
import time
import uuid
from contextvars import ContextVar

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID_HEADER = "X-Request-ID"
ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")

request_id: ContextVar[str] = ContextVar("request_id", default="-")
logger = logging.getLogger("app.requests")


def choose_request_id(offered: str | None) -> str:
    """Return the caller's own id if it is safe to repeat in headers and logs, else a new one."""
    if offered is not None and ACCEPTABLE_ID.fullmatch(offered):
        return offered
    return uuid.uuid4().hex


def protective_headers(scope: Scope) -> dict[str, str]:
    """Return what every answer tells a browser: guess no type, keep nothing, and, over TLS, never come without it."""
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    if Headers(scope=scope).get("x-forwarded-proto", scope.get("scheme")) in ("https", "wss"):
        headers["Strict-Transport-Security"] = "max-age=31536000"  # a browser believes it over TLS alone
    return headers


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
                write_line(scope, status, time.perf_counter() - start)


def write_line(scope: Scope, status: int | None, seconds: float) -> None:
    """Log a request. The template and not the path: /posts/{post_id} is one thing to count, /posts/17 one of many."""
    fields = {
        "method": scope["method"],
        "route": getattr(scope.get("route"), "path", None),
        "status": status,
        "milliseconds": round(seconds * 1000, 1),
        "user_id": scope.get("state", {}).get("user_id"),
    }
    told = (fields["method"], fields["route"] or "(no route)", status or "(no answer)")
    logger.info("%s %s %s", *told, extra=fields)
