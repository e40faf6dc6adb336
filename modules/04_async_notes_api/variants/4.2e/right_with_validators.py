"""The checks in methods, the limits in the annotations."""

from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.settings import asyncpg_url, long_enough


class Settings(BaseSettings):
    """What may differ from one machine to the next. A secret has no default."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8-sig", extra="ignore", str_strip_whitespace=True
    )

    database_url: SecretStr
    jwt_secret: SecretStr
    jwt_expires_minutes: Annotated[int, Field(ge=1, le=525_600)] = 60
    bcrypt_rounds: Annotated[int, Field(ge=4, le=16)] = 12

    @field_validator("database_url")
    @classmethod
    def check_url(cls, secret: SecretStr) -> SecretStr:
        return asyncpg_url(secret)

    @field_validator("jwt_secret")
    @classmethod
    def check_secret(cls, secret: SecretStr) -> SecretStr:
        return long_enough(secret)
