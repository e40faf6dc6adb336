"""Refuses without a word: whoever starts the app does not learn why."""

from pydantic import SecretStr


def long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value().encode()) < 32:
        raise ValueError
    return secret
