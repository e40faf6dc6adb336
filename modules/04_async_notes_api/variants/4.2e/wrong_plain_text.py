"""The secrets are plain texts: whoever prints the settings prints the password."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What may differ from one machine to the next."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8-sig", extra="ignore", str_strip_whitespace=True
    )

    database_url: str
    jwt_secret: str
    jwt_expires_minutes: int = Field(default=60, ge=1, le=60 * 24 * 365)
    bcrypt_rounds: int = Field(default=12, ge=4, le=16)
