"""Lets the library check signature, audience and end, and looks itself for what is missing."""

from datetime import UTC, datetime, timedelta

import jwt

from rooms.tickets import ALGORITHM, AUDIENCE, Ticket
from settings import Settings


def create_ticket(name: str, settings: Settings) -> str:
    now = datetime.now(UTC)
    claims = {"sub": name, "aud": AUDIENCE, "iat": now, "exp": now + timedelta(seconds=settings.ticket_seconds)}
    return jwt.encode(claims, settings.jwt_secret.get_secret_value(), ALGORITHM)


def decode_ticket(ticket: str, settings: Settings) -> Ticket | None:
    try:
        claims = jwt.decode(ticket, settings.jwt_secret.get_secret_value(), algorithms=[ALGORITHM], audience=AUDIENCE)
    except jwt.InvalidTokenError:
        return None
    if "sub" not in claims or "exp" not in claims:
        return None
    return Ticket(claims["sub"], datetime.fromtimestamp(claims["exp"], UTC))
