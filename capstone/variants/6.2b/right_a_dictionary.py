"""The keys are found by their names in a dictionary, and the list is made step by step."""

import jwt

from app.config.settings import Settings
from app.security.tokens import Key


def keys_of(settings: Settings) -> list[Key]:
    """Return the keys that tokens may be signed with: the first one signs, and each of them verifies.

    So a new secret comes in while tokens of the one before are in use, and nobody has to log in again.
    """
    keys = [Key.of(settings.jwt_secret)]
    if settings.jwt_secret_previous is not None:
        keys.append(Key.of(settings.jwt_secret_previous))
    return keys


def key_of(token: str, keys: list[Key]) -> Key:
    """Return the key that the token says it was signed with, or the first. It only chooses among ours."""
    key_id = jwt.get_unverified_header(token).get("kid")
    return {key.id: key for key in keys}.get(str(key_id), keys[0])
