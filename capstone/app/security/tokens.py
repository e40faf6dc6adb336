"""Access tokens."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import jwt
from jwt.utils import base64url_decode, base64url_encode
from pydantic import SecretStr

from app.config.settings import Settings
from app.errors import Unauthenticated
from app.limits import ID_MAX

ALGORITHM = "HS256"
LEEWAY_SECONDS = 10  # by which the clocks of two replicas may differ
KEY_ID_BYTES = 8  # enough to tell two keys apart
BAD_TOKEN_DETAIL = "The access token is not valid, or no longer."  # noqa: S105 (words, not a secret)
# What decoding bytes that anybody may send can raise: PyJWT's own errors, and what the standard library says to JSON
# of ten thousand brackets or five thousand digits.
BAD_TOKEN = (jwt.PyJWTError, ValueError, TypeError, RecursionError)


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


class Tokens:
    """Issues and reads access tokens: a user's id, a version, two times and two names, signed.

    Anybody can read one; only we can make one. The first of `secrets` signs, and each of them verifies: so a new one
    comes in while tokens of the one before are in use, and nobody has to log in again.
    """

    def __init__(self, *, secrets: Sequence[SecretStr], minutes: int, issuer: str, audience: str) -> None:
        self._keys = [Key.of(secret) for secret in secrets]
        self._issuer = issuer
        self._audience = audience
        self.lifetime = timedelta(minutes=minutes)

    def issue(self, bearer: Bearer) -> str:
        """Return a token that says who its bearer is, until it expires or the user's version goes up."""
        now = datetime.now(UTC)
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": str(bearer.user_id),
            "ver": bearer.version,
            "iat": now,
            "exp": now + self.lifetime,
        }
        key = self._keys[0]
        return jwt.encode(claims, key.secret, algorithm=ALGORITHM, headers={"kid": key.id})

    def read(self, token: str) -> Bearer:
        """Return whom the token names. Raises Unauthenticated for any token that we would not issue now."""
        try:
            claims = jwt.decode(
                token,
                self._key_of(token).secret,
                algorithms=[ALGORITHM],  # never from the token's own header: it may say "none"
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "sub"], "strict_aud": True, "enforce_minimum_key_length": True},
            )
            user_id = int(claims["sub"])
            signature = token.rpartition(".")[2]
            if base64url_encode(base64url_decode(signature)) != signature.encode():
                raise ValueError("more than one text decodes to these bytes, and only one of them was issued")
        except BAD_TOKEN as error:
            raise Unauthenticated(BAD_TOKEN_DETAIL) from error
        version = claims.get("ver")
        if not 0 < user_id <= ID_MAX or str(user_id) != claims["sub"]:
            raise Unauthenticated(BAD_TOKEN_DETAIL)
        if type(version) is not int or not 0 <= version <= ID_MAX:  # bool is an int too
            raise Unauthenticated(BAD_TOKEN_DETAIL)
        return Bearer(user_id, version)

    def _key_of(self, token: str) -> Key:
        """Return the key that the token says it was signed with. It only chooses among ours."""
        key_id = jwt.get_unverified_header(token).get("kid")
        return next((key for key in self._keys if key.id == key_id), self._keys[0])


def create_tokens(settings: Settings) -> Tokens:
    """Make the issuer that the settings ask for."""
    return Tokens(
        secrets=[secret for secret in (settings.jwt_secret, settings.jwt_secret_previous) if secret],
        minutes=settings.access_token_minutes,
        issuer=settings.token_issuer,
        audience=settings.token_audience,
    )
