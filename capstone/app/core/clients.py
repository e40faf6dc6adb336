"""Where a request comes from, as far as that can be believed."""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import HTTPConnection

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

LOOPBACK = "127.0.0.1"
NOWHERE = "unknown"  # a Unix socket's other end has no address
IPV6_SITE_BITS = 64  # the least that anybody is given: within it a client takes another address whenever it likes


def client_address(connection: HTTPConnection, trusted_proxies: Collection[Network]) -> str:
    """Return the address to count a client by: its IPv4 address, or the network of its IPv6 address.

    Anybody can send X-Real-IP and X-Forwarded-For, so they are read only when the peer is one of `trusted_proxies`.
    """
    forwarded_for = ",".join(connection.headers.getlist("x-forwarded-for"))
    peer = _parse(_peer(connection, forwarded_for))
    if peer is None:
        return NOWHERE
    address = peer
    if _is_in(peer, trusted_proxies):
        real_ips = connection.headers.getlist("x-real-ip")
        real_ip = _parse(real_ips[-1]) if real_ips else None
        address = real_ip or _last_untrusted(peer, forwarded_for, trusted_proxies)
    return str(address if address.version == 4 else ip_network((address, IPV6_SITE_BITS), strict=False))


def _peer(connection: HTTPConnection, forwarded_for: str) -> str:
    """Return the host at the other end, also where uvicorn has put another in its place.

    Unless told otherwise, uvicorn trusts a peer on this machine, and takes `client` from the peer's X-Forwarded-For.
    So a host that stands in that header may be anybody's invention: then the peer is on this machine. A far client that
    writes its own true address there is taken for that too, which earns it a second count and no more.
    """
    host = connection.client.host if connection.client else ""
    return LOOPBACK if host and host in forwarded_for else host


def _last_untrusted(peer: Address, forwarded_for: str, trusted_proxies: Collection[Network]) -> Address:
    """Walk back from the peer: each proxy has added, at the end, whom it was talking to."""
    address = peer
    for entry in reversed(forwarded_for.split(",")):
        if not _is_in(address, trusted_proxies):
            break
        before = _parse(entry)
        if before is None:
            break
        address = before
    return address


def _parse(text: str) -> Address | None:
    """Read an address, with or without a port. None for anything else."""
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_in(address: Address, networks: Collection[Network]) -> bool:
    return any(address in network for network in networks)
