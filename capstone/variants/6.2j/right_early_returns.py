"""One case after the other, and the usual port is put where it was left out."""

from collections.abc import Set as AbstractSet

from app.config.values import DEFAULT_PORTS


def is_allowed(origin: str | None, host: str, allowed: AbstractSet[str]) -> bool:
    """Say whether a page of this origin may: the host's own, and those listed. Without an origin it is no browser."""
    if origin is None:
        return True
    origin = origin.lower()
    if origin in allowed:
        return True
    scheme, separator, page_host = origin.partition("://")
    if not separator or not page_host or scheme not in DEFAULT_PORTS:
        return False
    port = DEFAULT_PORTS[scheme]
    return page_host.removesuffix(port) == host.lower().removesuffix(port)
