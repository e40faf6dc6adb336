"""Looks whether the host stands in the origin: another site's name may hold it, too. The lesson's favourite mistake."""

from collections.abc import Set as AbstractSet


def is_allowed(origin: str, host: str, allowed: AbstractSet[str]) -> bool:
    return (bool(host) and host.lower() in origin.lower()) or origin.lower() in allowed
