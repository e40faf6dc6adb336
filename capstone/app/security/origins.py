"""Which web pages may open a WebSocket here: a browser lets any of them, and only says where the page came from."""

from collections.abc import Set as AbstractSet

from fastapi import WebSocket

from app.config.values import DEFAULT_PORTS
from app.errors import Forbidden


def is_allowed(origin: str | None, host: str, allowed: AbstractSet[str]) -> bool:
    """Say whether a page of this origin may: the host's own, and those listed. Without an origin it is no browser."""
    if origin is None:
        return True
    origin = origin.lower()
    scheme, _, page_host = origin.partition("://")
    own_host = host.lower().removesuffix(DEFAULT_PORTS.get(scheme, ""))  # a browser leaves the usual port out
    return (scheme in DEFAULT_PORTS and page_host == own_host != "") or origin in allowed


async def check_origin(ws: WebSocket) -> None:
    """Refuse a page from elsewhere before the handshake is done. Raises Forbidden."""
    allowed = ws.app.state.settings.allowed_origins
    if not is_allowed(ws.headers.get("origin"), ws.headers.get("host", ""), allowed):
        raise Forbidden("Pages of this origin may not connect.")
