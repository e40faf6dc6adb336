"""Which pages may open a socket."""

import pytest

from rooms.origins import is_allowed

FRIENDS = {"https://friend.example"}
ALLOWED = [
    ("https://rooms.example", "rooms.example"),
    ("http://rooms.example:8000", "rooms.example:8000"),
    ("https://rooms.example", "rooms.example:443"),
    ("http://Rooms.Example", "rooms.EXAMPLE"),
    ("http://[::1]:8000", "[::1]:8000"),
    ("https://friend.example", "rooms.example"),
]
OTHERS = [
    ("https://elsewhere.example", "rooms.example"),
    ("https://rooms.example.elsewhere.example", "rooms.example"),
    ("https://elsewhere-rooms.example", "rooms.example"),
    ("http://rooms.example:8001", "rooms.example:8000"),
    ("http://rooms.example:8000", "rooms.example"),
    ("http://friend.example", "rooms.example"),
    ("null", "null"),
    ("", ""),
    ("ftp://rooms.example", "rooms.example"),
    ("http://", ""),
]


def labels(pages):
    return [f"{origin or 'no origin'} for {host or 'no host'}" for origin, host in pages]


@pytest.mark.parametrize(("origin", "host"), ALLOWED, ids=labels(ALLOWED))
def test_our_own_pages_and_those_listed_may_connect(origin, host):
    assert is_allowed(origin, host, FRIENDS)


@pytest.mark.parametrize(("origin", "host"), OTHERS, ids=labels(OTHERS))
def test_all_other_pages_may_not(origin, host):
    assert not is_allowed(origin, host, FRIENDS)
