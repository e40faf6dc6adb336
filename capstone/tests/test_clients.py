"""Where a request comes from: what is believed, and of whom."""

import ipaddress

import pytest
from starlette.requests import HTTPConnection

from app.security.clients import NOWHERE, client_address

PROXIES = [ipaddress.ip_network("100.64.0.0/10"), ipaddress.ip_network("fd00::/8")]


def connection(peer: str | None, *headers: tuple[str, str]) -> HTTPConnection:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    return HTTPConnection({"type": "http", "client": None if peer is None else (peer, 4321), "headers": raw})


def forwarded(*entries: str) -> list[tuple[str, str]]:
    return [("X-Forwarded-For", entry) for entry in entries]


@pytest.mark.parametrize("peer", ["203.0.113.9", "100.64.0.1"])
def test_without_trusted_proxies_nothing_but_the_peer_is_believed(peer: str) -> None:
    headers = [("X-Real-IP", "198.51.100.1"), *forwarded("198.51.100.2")]
    assert client_address(connection(peer, *headers), ()) == peer


def test_a_stranger_is_not_believed_where_there_are_trusted_proxies() -> None:
    headers = [("X-Real-IP", "198.51.100.1"), *forwarded("198.51.100.2, 100.64.0.1")]
    assert client_address(connection("203.0.113.9", *headers), PROXIES) == "203.0.113.9"


@pytest.mark.parametrize("peer", ["100.64.0.1", "::ffff:100.64.0.1", "fd00::1"])
def test_a_trusted_proxy_is_believed(peer: str) -> None:
    for more in ([], forwarded("198.51.100.2")):
        assert client_address(connection(peer, ("X-Real-IP", "198.51.100.1"), *more), PROXIES) == "198.51.100.1"


@pytest.mark.parametrize("nonsense", ["", "nonsense", "1.2.3", "é"])
def test_a_nonsensical_real_ip_is_passed_over(nonsense: str) -> None:
    assert client_address(connection("100.64.0.1", ("X-Real-IP", nonsense)), PROXIES) == "100.64.0.1"


def test_whom_a_proxy_forwards_for_is_uvicorns_to_say() -> None:
    headers = forwarded("198.51.100.2, 100.64.0.2")
    assert client_address(connection("100.64.0.1", *headers), PROXIES) == "100.64.0.1"


def test_a_far_client_that_names_itself_as_forwarded_is_no_proxy() -> None:
    headers = [("X-Real-IP", "198.51.100.1"), *forwarded("203.0.113.9")]
    loopback = [ipaddress.ip_network("127.0.0.0/8")]
    assert client_address(connection("203.0.113.9", *headers), loopback) == "203.0.113.9"


def test_an_ipv6_client_is_its_network_because_it_may_choose_any_address_there() -> None:
    addresses = {client_address(connection(peer), ()) for peer in ("2001:db8::1", "2001:db8::ffff:1")}
    assert addresses == {"2001:db8::/64"}
    assert client_address(connection("2001:db8:0:1::1"), ()) == "2001:db8:0:1::/64"


def test_an_ipv4_client_is_the_same_on_a_socket_for_both_families() -> None:
    assert client_address(connection("::ffff:203.0.113.9"), ()) == "203.0.113.9"


@pytest.mark.parametrize("peer", [None, "", "testclient"])
def test_a_peer_without_an_address_is_nowhere(peer: str | None) -> None:
    assert client_address(connection(peer, ("X-Real-IP", "198.51.100.1")), PROXIES) == NOWHERE
