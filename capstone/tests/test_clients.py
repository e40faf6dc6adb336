"""Where a request comes from: what is believed, and of whom."""

import ipaddress

import pytest
from starlette.requests import HTTPConnection

from app.core.clients import NOWHERE, client_address

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
    assert client_address(connection(peer, ("X-Real-IP", "198.51.100.1")), PROXIES) == "198.51.100.1"
    assert client_address(connection(peer, *forwarded("198.51.100.2")), PROXIES) == "198.51.100.2"
    both = [*forwarded("198.51.100.2"), ("X-Real-IP", "198.51.100.1")]
    assert client_address(connection(peer, *both), PROXIES) == "198.51.100.1"


@pytest.mark.parametrize(
    ("entries", "client"),
    [
        (["6.6.6.6, 198.51.100.2"], "198.51.100.2"),  # the client wrote the first one itself
        (["6.6.6.6", "198.51.100.2, 100.64.0.2"], "198.51.100.2"),
        (["100.64.0.3, 100.64.0.2"], "100.64.0.3"),
        (["198.51.100.2:567"], "198.51.100.2"),
        (["[2001:db8::1]:567"], "2001:db8::/64"),
        (["6.6.6.6, nonsense, 100.64.0.2"], "100.64.0.2"),
        (["nonsense"], "100.64.0.1"),
        ([""], "100.64.0.1"),
        ([], "100.64.0.1"),
    ],
)
def test_the_client_is_the_last_one_whom_no_trusted_proxy_is(entries: list[str], client: str) -> None:
    assert client_address(connection("100.64.0.1", *forwarded(*entries)), PROXIES) == client


def test_a_nonsensical_real_ip_is_passed_over() -> None:
    for nonsense in ("", "nonsense", "1.2.3", "é"):
        headers = [("X-Real-IP", nonsense), *forwarded("198.51.100.2")]
        assert client_address(connection("100.64.0.1", *headers), PROXIES) == "198.51.100.2"


def test_an_ipv6_client_is_its_network_because_it_may_choose_any_address_there() -> None:
    addresses = {client_address(connection(peer), ()) for peer in ("2001:db8::1", "2001:db8::ffff:1")}
    assert addresses == {"2001:db8::/64"}
    assert client_address(connection("2001:db8:0:1::1"), ()) == "2001:db8:0:1::/64"


def test_an_ipv4_client_is_the_same_on_a_socket_for_both_families() -> None:
    assert client_address(connection("::ffff:203.0.113.9"), ()) == "203.0.113.9"


@pytest.mark.parametrize("peer", [None, "", "testclient"])
def test_a_peer_without_an_address_is_nowhere(peer: str | None) -> None:
    assert client_address(connection(peer, ("X-Real-IP", "198.51.100.1")), PROXIES) == NOWHERE


@pytest.mark.parametrize("invented", ["198.51.100.1", "198.51.100.2", "nonsense", "[2001:db8::1]:5"])
def test_what_uvicorn_took_from_a_peer_on_this_machine_is_not_believed_by_itself(invented: str) -> None:
    client = invented.removeprefix("[").removesuffix("]:5")
    rewritten = connection(client, *forwarded(invented))
    assert client_address(rewritten, ()) == "127.0.0.1"


def test_a_proxy_on_this_machine_is_believed_when_it_is_trusted() -> None:
    loopback = [ipaddress.ip_network("127.0.0.0/8")]
    rewritten = connection("198.51.100.1", *forwarded("6.6.6.6, 198.51.100.1"))
    assert client_address(rewritten, loopback) == "198.51.100.1"
