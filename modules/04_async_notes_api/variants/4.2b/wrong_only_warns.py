"""What the library does: it says that the key is short, and goes on."""

import logging

from pydantic import SecretStr

from core.settings import SECRET_MIN_BYTES


def long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value().encode()) < SECRET_MIN_BYTES:
        logging.getLogger(__name__).warning("JWT_SECRET is short")
    return secret
