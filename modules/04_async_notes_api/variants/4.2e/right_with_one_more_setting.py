"""Capitals for the names, other words for the same limits, and a setting that nobody asked for."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.settings import asyncpg_url, long_enough

DatabaseUrl = Annotated[SecretStr, AfterValidator(asyncpg_url)]
Key = Annotated[SecretStr, AfterValidator(long_enough)]


class Settings(BaseSettings):
    """What may differ from one machine to the next."""

    log_level: str = "info"
    bcrypt_rounds: int = Field(12, gt=3, lt=17)
    jwt_expires_minutes: int = Field(60, gt=0, le=60 * 24 * 365)
    jwt_secret: Key
    database_url: DatabaseUrl

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8-sig", extra="ignore", str_strip_whitespace=True
    )
