"""Passwords and tokens: how a user proves who they are."""

import re
from datetime import UTC, datetime, timedelta

import bcrypt
import jwt
from anyio import CapacityLimiter, to_thread

from app.core.settings import Settings

ALGORITHM = "HS256"
USER_ID = re.compile(r"[1-9][0-9]{0,17}")  # 18 digits always fit into a BIGINT
LEEWAY_SECONDS = 10  # by so much another server's clock may differ from ours

# bcrypt is slow on purpose: a quarter of a second of pure computing. In a thread of its own it does not stop the
# event loop; and with two at a time, a rush of logins does not take every core from the other requests.
hashing_limiter = CapacityLimiter(2)


async def hash_password(plain: str, *, rounds: int) -> str:
    """The password's bcrypt hash. Each further round doubles the time."""
    hashed = await to_thread.run_sync(bcrypt.hashpw, plain.encode(), bcrypt.gensalt(rounds), limiter=hashing_limiter)
    return hashed.decode()


async def verify_password(plain: str, hashed: str) -> bool:
    """Whether this is the password behind the hash."""
    return await to_thread.run_sync(bcrypt.checkpw, plain.encode(), hashed.encode(), limiter=hashing_limiter)


def create_access_token(user_id: int, settings: Settings) -> str:
    """A signed token: whoever bears it is this user, until it expires."""
    now = datetime.now(UTC)
    claims = {"sub": str(user_id), "iat": now, "exp": now + timedelta(minutes=settings.jwt_expires_minutes)}
    return jwt.encode(claims, settings.jwt_secret.get_secret_value(), algorithm=ALGORITHM)


def decode_access_token(token: str, settings: Settings) -> int | None:
    """The id of the user whom the token speaks for, or None if it is invalid.

    We say which algorithm we sign with. If the token could choose, it would choose "none".
    """
    try:
        claims = jwt.decode(
            token,
            settings.jwt_secret.get_secret_value(),
            algorithms=[ALGORITHM],
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "sub"]},
        )
    except (jwt.InvalidTokenError, RecursionError, OverflowError):  # the last two: absurdly deep, absurdly large
        return None
    if token.endswith("="):  # PyJWT takes padding at the end, the standard (RFC 7515) does not
        return None
    return int(claims["sub"]) if USER_ID.fullmatch(claims["sub"]) else None
