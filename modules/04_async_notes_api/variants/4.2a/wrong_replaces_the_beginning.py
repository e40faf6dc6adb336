"""The first version's way: the beginning is replaced, and everything else hoped for."""

from pydantic import SecretStr


def asyncpg_url(secret: SecretStr) -> SecretStr:
    return SecretStr(secret.get_secret_value().replace("postgresql://", "postgresql+asyncpg://"))
