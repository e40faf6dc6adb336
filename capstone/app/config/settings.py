"""Settings: everything that differs between your machine and the internet, read from the environment and `.env`."""

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, IPvAnyNetwork, SecretStr, ValidationError, ValidationInfo
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.config.database_url import EXAMPLE, connection_options
from app.security.origins import check_origin

ENV_FILE = Path(__file__).parents[2] / ".env"
JWT_SECRET_BYTES_MIN = 32  # RFC 7518 section 3.2: a key for HS256 is at least as long as its hash
HOST_VARIABLES = (
    "railway_environment_name",
    "railway_deployment_id",
    "railway_replica_id",
    "railway_git_commit_sha",
)
MENDS = {
    "DATABASE_URL": f"Set it to something like {EXAMPLE}",
    "JWT_SECRET": 'Make one: python -c "import secrets; print(secrets.token_hex(32))"',
    "JWT_SECRET_PREVIOUS": "Set it to what JWT_SECRET was before, or take it away",
}


def _is_a_database(url: SecretStr) -> SecretStr:
    connection_options(url.get_secret_value())
    return SecretStr(url.get_secret_value().strip())


def _is_long_enough(secret: SecretStr, info: ValidationInfo) -> SecretStr:
    length = len(secret.get_secret_value().encode())
    if length < JWT_SECRET_BYTES_MIN:
        mend = MENDS[str(info.field_name).upper()]
        raise ValueError(f"is {length} bytes; it needs at least {JWT_SECRET_BYTES_MIN}. {mend}")
    return secret


def _listed(value: object) -> object:
    """Split a variable that holds several values, with commas between them."""
    if not isinstance(value, str):
        return value
    return [each.strip() for each in value.split(",") if each.strip()]


class Settings(BaseSettings):
    """The app's settings. The environment wins over `.env`. A secret has no default, and is not shown when printed."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE, env_file_encoding="utf-8", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    database_url: Annotated[SecretStr, AfterValidator(_is_a_database)]
    database_direct_url: Annotated[SecretStr, AfterValidator(_is_a_database)] | None = None
    """The server's own address, where DATABASE_URL is that of a pooler (PgBouncer in transaction mode). LISTEN and the
    migrations use it: what they do belongs to a connection, and a pooler lends another one to each transaction."""
    jwt_secret: Annotated[SecretStr, AfterValidator(_is_long_enough)]
    jwt_secret_previous: Annotated[SecretStr, AfterValidator(_is_long_enough)] | None = None
    """The secret before this one, while tokens that it signed are in use. It signs no more."""

    access_token_minutes: int = Field(default=60, ge=1, le=60 * 24 * 365)
    token_issuer: str = Field(default="blog", min_length=1)
    """Who says what a token says. It and the audience keep out the tokens of another app that shares the secret."""
    token_audience: str = Field(default="blog", min_length=1)
    """Whom a token is for."""
    bcrypt_rounds: int = Field(default=12, ge=4, le=16)
    """Each round more doubles the work: 12 rounds are about a quarter of a second."""
    bcrypt_threads: int = Field(default=2, ge=1, le=64)

    database_pool_size: int = Field(default=20, ge=1, le=1000)
    """Connections per worker process, beside the one that listens. All workers' together must stay below the server's
    max_connections."""
    database_request_seconds: float = Field(default=2, gt=0, le=60)
    """The longest that one request may be with the database: wait for a connection, connect, and run all statements."""
    database_statement_seconds: float = Field(default=1.5, gt=0, le=60)
    """The longest that the server works on one statement, so that it stops too when nobody waits for the answer."""
    database_lock_seconds: float = Field(default=1, gt=0, le=60)

    trusted_proxies: Annotated[tuple[IPvAnyNetwork, ...], NoDecode, BeforeValidator(_listed)] = ()
    """Networks, separated by commas. Only a proxy in one of them is believed when it says, in X-Real-IP, whom a request
    comes from. It must overwrite an X-Real-IP that the client has sent."""

    allowed_origins: Annotated[
        frozenset[Annotated[str, AfterValidator(check_origin)]], NoDecode, BeforeValidator(_listed)
    ] = frozenset()
    """Pages of other sites that may open a WebSocket here."""
    watcher_queue_size: int = Field(default=256, ge=1, le=100_000)
    """Events that may wait for one watcher of a post. One that is further behind is cut off."""
    watcher_close_seconds: float = Field(default=3, gt=0, le=60)
    """How long a watcher may take to read that it is closed."""

    body_limit_bytes: int = Field(default=2_000_000, ge=1)
    body_seconds: float = Field(default=30, gt=0)
    """How long a body may take to arrive."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    # What Railway tells an app about where it runs. Every log line says it again.
    railway_environment_name: str = ""
    railway_deployment_id: str = ""
    railway_replica_id: str = ""
    railway_git_commit_sha: str = ""

    @property
    def direct_url(self) -> str:
        """The address of the database, past a pooler."""
        return (self.database_direct_url or self.database_url).get_secret_value()

    @property
    def behind_pooler(self) -> bool:
        """Whether `database_url` is the address of a pooler."""
        return self.direct_url != self.database_url.get_secret_value()

    def place(self) -> dict[str, str]:
        """Where this process runs, as far as the host tells."""
        told = {name.removeprefix("railway_"): getattr(self, name) for name in HOST_VARIABLES}
        return {name: value for name, value in told.items() if value}


def load_settings() -> Settings:
    """Read the settings, or end the process with one sentence on stderr.

    The exit status is 3, the only one that makes `uvicorn --workers` give up instead of starting the worker again.
    """
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]  # asyncpg reads PGPORT, PGSSLMODE and their like beside the address, as libpq does
    try:
        return Settings()
    except ValidationError as error:
        # Only `msg` is printed: an error's `input` may be the secret itself.
        problems = [
            _sentence(str(detail["loc"][0]).upper(), detail["type"], detail["msg"])
            for detail in error.errors(include_url=False, include_input=False)
        ]
    except UnicodeError:
        problems = ["The file .env is not UTF-8 text; save it as UTF-8"]
    sys.stderr.write(" ".join(problem.rstrip(".") + "." for problem in problems) + "\n")
    raise SystemExit(3)


def _sentence(variable: str, kind: str, message: str) -> str:
    if kind == "missing":
        return f"{variable} is not set. {MENDS.get(variable, '')}"
    if kind == "value_error":
        return f"{variable} {message.removeprefix('Value error, ')}"
    return f"{variable} is not right: {message[:1].lower()}{message[1:]}"
