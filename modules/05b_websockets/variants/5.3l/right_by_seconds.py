"""Counts the seconds since 1970, and names the required claims one by one."""

import time
from datetime import UTC, datetime

import jwt

from rooms.tickets import ALGORITHM, AUDIENCE, Ticket
from settings import Settings


def create_ticket(name: str, settings: Settings) -> str:
    claims = {"aud": [AUDIENCE], "sub": name, "exp": int(time.time()) + settings.ticket_seconds}
    return jwt.encode(claims, key=settings.jwt_secret.get_secret_value(), algorithm=ALGORITHM)


def decode_ticket(ticket: str, settings: Settings) -> Ticket | None:
    key = settings.jwt_secret.get_secret_value()
    try:
        claims = jwt.decode(ticket, key, [ALGORITHM], {"require": ["exp", "sub"]}, audience=[AUDIENCE])
    except jwt.PyJWTError:
        return None
    return Ticket(name=claims["sub"], expires_at=datetime.fromtimestamp(claims["exp"], tz=UTC))
