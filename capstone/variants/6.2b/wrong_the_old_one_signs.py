"""The secret of before goes on signing, and what it has signed dies with it."""

import jwt

from app.config.settings import Settings
from app.security.tokens import Key


def keys_of(settings: Settings) -> list[Key]:
    """Return the keys that tokens may be signed with: the first one signs, and each of them verifies.

    So a new secret comes in while tokens of the one before are in use, and nobody has to log in again.
    """
    return [Key.of(secret) for secret in (settings.jwt_secret_previous, settings.jwt_secret) if secret]


def key_of(token: str, keys: list[Key]) -> Key:
    """Return the key that the token says it was signed with, or the first. It only chooses among ours."""
    key_id = jwt.get_unverified_header(token).get("kid")
    return next((key for key in keys if key.id == key_id), keys[0])
