"""Wrong by one: a key of 31 bytes is taken."""

from pydantic import SecretStr

from core.settings import MAKE_ONE, SECRET_MIN_BYTES


def long_enough(secret: SecretStr) -> SecretStr:
    size = len(secret.get_secret_value().encode())
    if size < SECRET_MIN_BYTES - 1:
        raise ValueError(f"is {size} bytes; it needs at least {SECRET_MIN_BYTES}. Make one: {MAKE_ONE}")
    return secret
