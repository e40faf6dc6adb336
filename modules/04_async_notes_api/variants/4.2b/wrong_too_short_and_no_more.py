"""It says that it is too short, and not by how much, nor how to make a better one."""

from pydantic import SecretStr

from core.settings import SECRET_MIN_BYTES


def long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value().encode()) < SECRET_MIN_BYTES:
        raise ValueError("too short")
    return secret
