"""Gives back a new SecretStr, and counts with bytes()."""

from pydantic import SecretStr

from core.settings import MAKE_ONE, SECRET_MIN_BYTES


def long_enough(secret: SecretStr) -> SecretStr:
    text = str(secret.get_secret_value())
    size = len(bytes(text, "utf-8"))
    if size < SECRET_MIN_BYTES:
        raise ValueError(f"Too short: {size} of {SECRET_MIN_BYTES} bytes. " + MAKE_ONE)
    return SecretStr(text)
