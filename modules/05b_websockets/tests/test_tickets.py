"""Tickets, made and read."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from test_http import NO_DATABASE

from rooms.tickets import AUDIENCE, create_ticket, decode_ticket

KEY = NO_DATABASE.jwt_secret.get_secret_value()
SOON = datetime.now(UTC) + timedelta(hours=1)
GOOD = {"sub": "ana", "aud": AUDIENCE, "exp": SOON}


def signed(claims: dict[str, object], key: str = KEY, algorithm: str = "HS256") -> str:
    return jwt.encode(claims, key, algorithm=algorithm)


def test_a_ticket_names_whom_it_was_made_for():
    ticket = decode_ticket(create_ticket("ana", NO_DATABASE), NO_DATABASE)
    assert ticket
    assert ticket.name == "ana"


def test_a_ticket_is_good_for_as_long_as_the_settings_say():
    short = NO_DATABASE.model_copy(update={"ticket_seconds": 60})
    ticket = decode_ticket(create_ticket("ana", short), short)
    assert ticket
    assert 50 < ticket.seconds_left <= 60


def test_a_ticket_is_a_token_that_any_library_reads():
    claims = jwt.decode(create_ticket("ana", NO_DATABASE), KEY, algorithms=["HS256"], audience=AUDIENCE)
    assert claims["sub"] == "ana"


@pytest.mark.parametrize(
    "ticket",
    [
        "",
        "no token",
        "a.b.c",
        signed(GOOD)[:-4],
        signed(GOOD, key="another key, of 32 bytes or more. " * 2),
        signed(GOOD, key=KEY, algorithm="HS512"),
        signed(GOOD, key="", algorithm="none"),
        signed(GOOD | {"exp": datetime.now(UTC) - timedelta(seconds=1)}),
        signed(GOOD | {"aud": "another app"}),
        signed({"sub": "7", "exp": SOON}),
        signed({"aud": AUDIENCE, "exp": SOON}),
        signed({"sub": "ana", "aud": AUDIENCE}),
    ],
    ids=["nothing", "no token", "no claims", "cut off", "another key", "another algorithm", "no signature", "expired",
         "for another app", "module 4's token", "no name", "without an end"],
)  # fmt: skip
def test_what_is_no_good_ticket_names_nobody(ticket):
    assert decode_ticket(ticket, NO_DATABASE) is None
