"""Tickets: who a client is, signed by us, and good for some minutes."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt

from settings import Settings

ALGORITHM = "HS256"
AUDIENCE = "rooms"  # a token that the same secret has signed for something else is no ticket


@dataclass(frozen=True)
class Ticket:
    """Whom a ticket names, and until when."""

    name: str
    expires_at: datetime

    @property
    def seconds_left(self) -> float:
        return (self.expires_at - datetime.now(UTC)).total_seconds()


def create_ticket(name: str, settings: Settings) -> str:
    """Return a JSON Web Token signed with the settings' `jwt_secret` and ALGORITHM.

    Its claims: `sub`, the name; `aud`, AUDIENCE; `exp`, `ticket_seconds` from now.
    """
    expires_at = datetime.now(UTC) + timedelta(seconds=settings.ticket_seconds)
    claims = {"sub": name, "aud": AUDIENCE, "exp": expires_at}
    return jwt.encode(claims, settings.jwt_secret.get_secret_value(), algorithm=ALGORITHM)


def decode_ticket(ticket: str, settings: Settings) -> Ticket | None:
    """Return whom the ticket names, or None if it is no good.

    Good: our signature, AUDIENCE as its `aud`, a `sub`, and an `exp` that is still to come.
    """
    try:
        claims = jwt.decode(
            ticket,
            settings.jwt_secret.get_secret_value(),
            algorithms=[ALGORITHM],  # if the ticket could choose, it would choose "none"
            audience=AUDIENCE,
            options={"require": ["sub", "aud", "exp"]},
        )
    except jwt.InvalidTokenError:
        return None
    return Ticket(claims["sub"], datetime.fromtimestamp(claims["exp"], UTC))
