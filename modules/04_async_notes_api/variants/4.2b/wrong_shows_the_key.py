"""The message holds the key."""

from pydantic import SecretStr

from core.settings import SECRET_MIN_BYTES


def long_enough(secret: SecretStr) -> SecretStr:
    key = secret.get_secret_value()
    if len(key.encode()) < SECRET_MIN_BYTES:
        raise ValueError(f"{key!r} is too short")
    return secret
