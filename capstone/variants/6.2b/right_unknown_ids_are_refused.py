"""A token with a name that is not ours is refused at once."""

import jwt

from app.config.settings import Settings
from app.security.tokens import Key


def keys_of(settings: Settings) -> list[Key]:
    """Return the keys that tokens may be signed with: the first one signs, and each of them verifies.

    So a new secret comes in while tokens of the one before are in use, and nobody has to log in again.
    """
    return [Key.of(secret) for secret in (settings.jwt_secret, settings.jwt_secret_previous) if secret]


def key_of(token: str, keys: list[Key]) -> Key:
    """Return the key that the token says it was signed with, or the first. It only chooses among ours."""
    key_id = jwt.get_unverified_header(token).get("kid")
    if key_id is None:
        return keys[0]
    for key in keys:
        if key.id == key_id:
            return key
    raise jwt.InvalidTokenError
