"""The origin is taken apart by urlsplit."""

from collections.abc import Set as AbstractSet
from urllib.parse import urlsplit

from app.config.values import DEFAULT_PORTS


def is_allowed(origin: str | None, host: str, allowed: AbstractSet[str]) -> bool:
    """Say whether a page of this origin may: the host's own, and those listed. Without an origin it is no browser."""
    if origin is None:
        return True
    origin = origin.lower()
    parts = urlsplit(origin)
    own_host = host.lower().removesuffix(DEFAULT_PORTS.get(parts.scheme, ""))
    ours = parts.scheme in DEFAULT_PORTS and parts.netloc == own_host and own_host != "" and not parts.path
    return ours or origin in allowed
