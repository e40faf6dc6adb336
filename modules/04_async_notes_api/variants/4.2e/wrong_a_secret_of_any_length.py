"""Nobody looks at how long the secret is."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.settings import asyncpg_url


class Settings(BaseSettings):
    """What may differ from one machine to the next."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8-sig", extra="ignore", str_strip_whitespace=True
    )

    database_url: Annotated[SecretStr, AfterValidator(asyncpg_url)]
    jwt_secret: SecretStr
    jwt_expires_minutes: int = Field(default=60, ge=1, le=60 * 24 * 365)
    bcrypt_rounds: int = Field(default=12, ge=4, le=16)
