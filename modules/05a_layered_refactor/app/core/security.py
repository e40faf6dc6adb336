"""Passwords and tokens: how a user proves who they are."""

from datetime import UTC, datetime, timedelta

import bcrypt
import jwt
from anyio import CapacityLimiter, to_thread

from app.core.settings import Settings
from app.schemas.common import row_id

ALGORITHM = "HS256"
LEEWAY_SECONDS = 10  # by so much another server's clock may differ from ours

# bcrypt is slow on purpose. With two at a time, a rush of logins does not take every core from the other requests.
hashing_limiter = CapacityLimiter(2)


async def hash_password(plain: str, *, rounds: int) -> str:
    """Return the password's bcrypt hash, computed in a thread, under `hashing_limiter`."""
    hashed = await to_thread.run_sync(bcrypt.hashpw, plain.encode(), bcrypt.gensalt(rounds), limiter=hashing_limiter)
    return hashed.decode()


async def verify_password(plain: str, hashed: str) -> bool:
    """Return whether this is the password behind the hash, computed in a thread, under `hashing_limiter`."""
    return await to_thread.run_sync(bcrypt.checkpw, plain.encode(), hashed.encode(), limiter=hashing_limiter)


def create_access_token(user_id: int, settings: Settings) -> str:
    """Return a JSON Web Token signed with the settings' `jwt_secret` and ALGORITHM.

    Its claims: `sub`, the user's id as a string; `iat`, now; `exp`, `jwt_expires_minutes` later.
    """
    now = datetime.now(UTC)
    claims = {"sub": str(user_id), "iat": now, "exp": now + timedelta(minutes=settings.jwt_expires_minutes)}
    return jwt.encode(claims, settings.jwt_secret.get_secret_value(), algorithm=ALGORITHM)


def decode_access_token(token: str, settings: Settings) -> int | None:
    """Return the id of the user whom the token names, or None if the token is no good.

    Good: our signature, no "=" at the end, an `exp` and, if there, an `iat` within LEEWAY_SECONDS, a `row_id` as `sub`.
    """
    try:
        claims = jwt.decode(
            token,
            settings.jwt_secret.get_secret_value(),
            algorithms=[ALGORITHM],  # if the token could choose, it would choose "none"
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "sub"]},
        )
        user_id = row_id(claims["sub"])
    except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError, RecursionError):  # the last: nested too deep
        return None
    return None if token.endswith("=") else user_id  # PyJWT takes padding at the end, the standard (RFC 7515) does not
