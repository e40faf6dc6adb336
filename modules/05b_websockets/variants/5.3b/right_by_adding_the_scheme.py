"""Makes of the host the two origins that its own pages can have, and looks whether it is one of them."""

from collections.abc import Set as AbstractSet


def is_allowed(origin: str, host: str, allowed: AbstractSet[str]) -> bool:
    host = host.lower()
    own = set()
    if host:
        own = {f"http://{host.removesuffix(':80')}", f"https://{host.removesuffix(':443')}"}
    return origin.lower() in own | allowed
