"""Where a request comes from, as far as that can be believed."""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import HTTPConnection

NOWHERE = "unknown"  # a Unix socket's other end has no address
IPV6_SITE_BITS = 64  # the least that anybody is given: within it a client takes another address whenever it likes


def client_address(connection: HTTPConnection, trusted_proxies: Collection[IPv4Network | IPv6Network]) -> str:
    """Return the address to count a client by: its IPv4 address, or the network of its IPv6 address.

    Anybody can send X-Real-IP, so it is read only when the peer is one of `trusted_proxies`, who overwrite it. Where
    proxies write X-Forwarded-For alone, FORWARDED_ALLOW_IPS tells uvicorn whose to believe, and the peer is the client.
    """
    address = _parse(connection.client.host if connection.client else "")
    if address is None:
        return NOWHERE
    if any(address in network for network in trusted_proxies):
        address = _parse(connection.headers.get("x-real-ip", "")) or address
    return str(address if address.version == 4 else ip_network((address, IPV6_SITE_BITS), strict=False))


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
