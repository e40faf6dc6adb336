"""Which web pages may open a WebSocket here.

A browser lets any page open one to any host, and only says where the page came from. So the server has to look.
"""

from collections.abc import Set as AbstractSet
from urllib.parse import urlsplit

USUAL_PORTS = {"http": ":80", "https": ":443"}


def is_allowed(origin: str | None, host: str, allowed: AbstractSet[str]) -> bool:
    """Say whether a page of this origin may: the host's own, and those listed. Without an origin it is no browser."""
    if origin is None:
        return True
    origin = origin.lower()
    scheme, _, page_host = origin.partition("://")
    own_host = host.lower().removesuffix(USUAL_PORTS.get(scheme, ""))  # a browser leaves the usual port out
    return (scheme in USUAL_PORTS and page_host == own_host != "") or origin in allowed


def check_origin(value: str) -> str:
    """Return an origin as browsers write it. Raises ValueError for what is none."""
    url = urlsplit(value.strip().lower().removesuffix("/"))
    if url.scheme not in USUAL_PORTS or not url.hostname or url.path or url.query or url.fragment or "@" in url.netloc:
        raise ValueError("takes origins such as https://app.example.com, with commas between them")
    return f"{url.scheme}://{url.netloc.removesuffix(USUAL_PORTS[url.scheme])}"
