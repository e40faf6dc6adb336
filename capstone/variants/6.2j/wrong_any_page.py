"""Whoever says where it comes from is let in."""

from collections.abc import Set as AbstractSet

from app.config.values import DEFAULT_PORTS


def is_allowed(origin: str | None, host: str, allowed: AbstractSet[str]) -> bool:
    """Say whether a page of this origin may: the host's own, and those listed. Without an origin it is no browser."""
    if origin is None:
        return True
    origin = origin.lower()
    scheme, _, page_host = origin.partition("://")
    own_host = host.lower().removesuffix(DEFAULT_PORTS.get(scheme, ""))  # a browser leaves the usual port out
    return bool(page_host and own_host) or origin in allowed
