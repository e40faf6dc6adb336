"""Lets urlsplit find the host and the port, and compares both."""

from collections.abc import Set as AbstractSet
from urllib.parse import urlsplit

PORTS = {"http": 80, "https": 443}


def is_allowed(origin: str, host: str, allowed: AbstractSet[str]) -> bool:
    page = urlsplit(origin.lower())
    try:
        own = urlsplit(f"//{host.lower()}")
        same = page.hostname == own.hostname and (page.port or PORTS.get(page.scheme)) == (
            own.port or PORTS.get(page.scheme)
        )
    except ValueError:
        same = False
    is_plain = origin.lower() == f"{page.scheme}://{page.netloc}" and "@" not in page.netloc
    return (page.scheme in PORTS and bool(page.hostname) and same and is_plain) or origin.lower() in allowed
