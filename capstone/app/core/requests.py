"""What is known about a request while it is being answered: its id, kept where a log line finds it."""

import re
import uuid
from contextvars import ContextVar

REQUEST_ID_HEADER = "X-Request-ID"
ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")

request_id: ContextVar[str] = ContextVar("request_id", default="-")


def choose_request_id(offered: str | None) -> str:
    """Return the caller's own id if it is safe to repeat in headers and logs, else a new one."""
    if offered is not None and ACCEPTABLE_ID.fullmatch(offered):
        return offered
    return uuid.uuid4().hex
