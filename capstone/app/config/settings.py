"""The settings: read once, at the start, from the environment or from a file named .env."""

import logging
import os
import sys
from pathlib import Path
from typing import Annotated, Literal, NoReturn

from pydantic import AfterValidator, BeforeValidator, Field, IPvAnyNetwork, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from app.config.values import PostgresUrl, listed, long_enough, web_origin

ENV_FILE = Path(__file__).parents[2] / ".env"
START_FAILED = 3  # the exit status that tells `uvicorn --workers` not to try again


class Settings(BaseSettings):
    """What may differ from one machine to the next. A secret has no default."""

    # utf-8-sig: Windows' Notepad may put a mark before the first name. `extra`: the file may serve other programs too.
    model_config = SettingsConfigDict(
        env_file=ENV_FILE,
        env_file_encoding="utf-8-sig",
        extra="ignore",
        str_strip_whitespace=True,
        hide_input_in_errors=True,
    )

    database_url: PostgresUrl
    database_direct_url: PostgresUrl | None = None  # for LISTEN and migrations, where DATABASE_URL leads to a pooler
    jwt_secret: Annotated[SecretStr, AfterValidator(long_enough)]
    jwt_secret_previous: Annotated[SecretStr, AfterValidator(long_enough)] | None = None  # verifies, and signs no more
    jwt_expires_minutes: int = Field(default=60, ge=1, le=60 * 24 * 365)
    # Who says what a token says, and to whom: they keep out the tokens of another app that shares the secret.
    token_issuer: str = Field(default="blog", min_length=1)
    token_audience: str = Field(default="blog", min_length=1)
    bcrypt_rounds: int = Field(default=12, ge=4, le=16)  # one more round doubles the time of a login

    # Connections per process, beside the one that listens. All together must stay below the server's max_connections.
    database_pool_size: int = Field(default=20, ge=1, le=1000)
    database_request_seconds: float = Field(default=2, gt=0, le=60)  # for one request, from its first statement on
    database_statement_seconds: float = Field(default=1.5, ge=0.001, le=60)  # after which the server itself stops it
    database_lock_seconds: float = Field(default=1, ge=0.001, le=60)

    # Networks of the proxies that are believed when they say, in X-Real-IP, whom a request comes from. They must
    # overwrite an X-Real-IP that the client has sent.
    trusted_proxies: Annotated[tuple[IPvAnyNetwork, ...], NoDecode, BeforeValidator(listed)] = ()
    allowed_origins: Annotated[
        frozenset[Annotated[str, AfterValidator(web_origin)]], NoDecode, BeforeValidator(listed)
    ] = frozenset()  # pages of other sites that may open a WebSocket here
    client_queue_size: int = Field(default=256, ge=1, le=100_000)  # events that may wait for one client
    close_seconds: float = Field(default=3, gt=0, le=60)  # how long a client may take to read that it is closed
    body_limit_bytes: int = Field(default=2_000_000, ge=1)
    body_seconds: float = Field(default=30, gt=0)  # how long a body may take to arrive
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    # What Railway tells an app about where it runs. Every log line says it again.
    railway_environment_name: str = ""
    railway_deployment_id: str = ""
    railway_replica_id: str = ""
    railway_git_commit_sha: str = ""

    @property
    def direct_url(self) -> SecretStr:
        """The URL of the database, past a pooler."""
        return self.database_direct_url or self.database_url

    @property
    def behind_pooler(self) -> bool:
        """Whether `database_url` is that of a pooler."""
        return self.direct_url != self.database_url


def what_is_wrong(error: ValidationError) -> str:
    """Return one line that names each bad variable, in capitals, and its problem, but no value: it may be a secret."""
    sentences = []
    for problem in error.errors(include_input=False):
        name = str(problem["loc"][0]).upper()
        if problem["type"] == "missing":
            sentences.append(f"{name} is missing: set it in the environment or in a file named .env")
        else:
            sentences.append(f"{name}: {problem['msg']}".replace(": Value error,", ""))
    return "; ".join(sentences)


def refuse_to_start(problem: str) -> NoReturn:
    """Switch the logger `uvicorn.error` off, write the problem as one line to stderr, and exit with START_FAILED."""
    logging.getLogger("uvicorn.error").disabled = True  # or the server adds a page of traceback
    sys.stderr.write(problem + "\n")
    sys.exit(START_FAILED)


def load_settings() -> Settings:
    """Return the settings. A bad variable, or a .env file that is not in UTF-8, ends the program: `refuse_to_start`."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]  # the driver would obey PGPORT, PGSSLMODE and their like
    try:
        return Settings()
    except ValidationError as error:
        refuse_to_start(what_is_wrong(error))
    except UnicodeDecodeError:
        refuse_to_start("The file .env is not in UTF-8: save it as UTF-8")
