"""Access tokens: a user's id, a version, two times and two names, signed."""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import jwt
from jwt.utils import base64url_decode, base64url_encode
from pydantic import SecretStr

from app.config.settings import Settings
from app.models.base import MAX_ID
from app.schemas.common import row_id

ALGORITHM = "HS256"
LEEWAY_SECONDS = 10  # by so much another server's clock may differ from ours
KEY_ID_BYTES = 8  # enough to tell two keys apart


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a token names, and of which version it is. The user's row says which version is worth something."""

    user_id: int
    version: int


@dataclass(frozen=True, slots=True)
class Key:
    """A secret that tokens are signed with, and the name under which they say so."""

    secret: str = field(repr=False)
    id: str

    @classmethod
    def of(cls, secret: SecretStr) -> "Key":
        """Return the key of a secret. Its id tells no more about the secret than any token's signature does."""
        value = secret.get_secret_value()
        return cls(value, hmac.digest(value.encode(), b"key id", hashlib.sha256)[:KEY_ID_BYTES].hex())


def keys_of(settings: Settings) -> list[Key]:
    """Return the keys that tokens may be signed with: the first one signs, and each of them verifies.

    So a new secret comes in while tokens of the one before are in use, and nobody has to log in again.
    """
    return [Key.of(secret) for secret in (settings.jwt_secret, settings.jwt_secret_previous) if secret]


def key_of(token: str, keys: list[Key]) -> Key:
    """Return the key that the token says it was signed with, or the first. It only chooses among ours."""
    key_id = jwt.get_unverified_header(token).get("kid")
    return next((key for key in keys if key.id == key_id), keys[0])


def create_access_token(bearer: Bearer, settings: Settings) -> str:
    """Return a JSON Web Token that says who its bearer is, until it expires or the user's version goes up."""
    now = datetime.now(UTC)
    claims = {
        "iss": settings.token_issuer,
        "aud": settings.token_audience,
        "sub": str(bearer.user_id),
        "ver": bearer.version,
        "iat": now,
        "exp": now + timedelta(minutes=settings.jwt_expires_minutes),
    }
    key = keys_of(settings)[0]
    return jwt.encode(claims, key.secret, algorithm=ALGORITHM, headers={"kid": key.id})


def decode_access_token(token: str, settings: Settings) -> Bearer | None:
    """Return whom the token names, or None if it is one that we would not issue now."""
    try:
        claims = jwt.decode(
            token,
            key_of(token, keys_of(settings)).secret,
            algorithms=[ALGORITHM],  # if the token could choose, it would choose "none"
            issuer=settings.token_issuer,
            audience=settings.token_audience,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "sub"], "strict_aud": True, "enforce_minimum_key_length": True},
        )
        user_id, version = row_id(claims["sub"]), claims.get("ver")
        signature = token.rpartition(".")[2]
        # More than one text decodes to the same bytes, and only one of them was issued.
        issued = base64url_encode(base64url_decode(signature)) == signature.encode()
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):  # the last: nested too deep
        return None
    if not issued or type(version) is not int or not 0 <= version <= MAX_ID:  # bool is an int too
        return None
    return Bearer(user_id, version)
