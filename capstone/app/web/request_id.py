"""What belongs to every request: its id, kept where a log line finds it, and the headers that protect its answer."""

import re
import uuid
from contextvars import ContextVar

from starlette.datastructures import Headers
from starlette.types import Scope

REQUEST_ID_HEADER = "X-Request-ID"
ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")

request_id: ContextVar[str] = ContextVar("request_id", default="-")


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
