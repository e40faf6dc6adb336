"""Returns early, in other words."""

from pydantic import SecretStr


def long_enough(secret: SecretStr) -> SecretStr:
    key = secret.get_secret_value().encode("utf-8")
    if len(key) >= 32:
        return secret
    raise ValueError(f"has {len(key)} bytes and needs 32; secrets.token_hex(32) makes a good one")
