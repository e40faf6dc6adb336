"""Forgets that a browser leaves the usual port out of the origin."""

from collections.abc import Set as AbstractSet


def is_allowed(origin: str, host: str, allowed: AbstractSet[str]) -> bool:
    scheme, _, page_host = origin.lower().partition("://")
    return (scheme in ("http", "https") and page_host == host.lower() != "") or origin.lower() in allowed
