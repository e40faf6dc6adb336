"""The settings: read once, at the start, from the environment or from a file named .env."""

import os
import sys
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

SECRET_MIN_BYTES = 32  # RFC 7518, section 3.2: an HS256 key is at least as long as its hash
PORT_MAX = 65_535
START_FAILED = 3  # the exit status that tells `uvicorn --workers` not to try again
URL_OPTIONS = {"host", "port", "ssl"}  # what may follow the ? once `asyncpg_url` has translated it
ONE_HOST = "names several hosts, and this app connects to one: leave the one that takes writes"
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def asyncpg_url(secret: SecretStr) -> SecretStr:
    """Any PostgreSQL URL that a host hands out, as SQLAlchemy and asyncpg want it.

    Raises ValueError, which never holds the URL: there is a password in it.
    """
    text = secret.get_secret_value().strip()  # what is copied often ends in a newline
    server = text.partition("://")[2].partition("/")[0].rpartition("@")[2]
    if "," in server:
        raise ValueError(ONE_HOST)
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError("is not a URL of the form postgresql://USER:PASSWORD@HOST:5432/NAME") from None
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise ValueError("must start with postgresql://")
    options = {name: value for name, value in url.query.items() if isinstance(value, str)}
    if len(options) < len(url.query):
        raise ValueError("has an option after the ? twice; leave one of them")
    if "sslmode" in options:
        options["ssl"] = options.pop("sslmode")  # asyncpg's name for the same thing
    options.pop("channel_binding", None)  # asyncpg has no such option
    if not options.keys() <= URL_OPTIONS:
        raise ValueError("has an option after the ? that this app does not know; take out all but sslmode")
    if options.get("ssl", "prefer") not in SSL_MODES:
        raise ValueError(f"has an sslmode that is none of {', '.join(SSL_MODES)}")
    if "," in options.get("host", ""):
        raise ValueError(ONE_HOST)
    for port in (str(url.port or 0), options.get("port", "0")):  # it may stand in both places
        if not (port.isdecimal() and int(port) <= PORT_MAX):
            raise ValueError(f"has a port that is no number up to {PORT_MAX}")
    url = url.set(drivername="postgresql+asyncpg", query=options)
    return SecretStr(url.render_as_string(hide_password=False))


def long_enough(secret: SecretStr) -> SecretStr:
    """The signing key, if it is long enough. Raises ValueError if it is short enough to guess."""
    size = len(secret.get_secret_value().encode())
    if size < SECRET_MIN_BYTES:
        raise ValueError(
            f"is {size} bytes; it needs at least {SECRET_MIN_BYTES}. "
            'Make one: python -c "import secrets; print(secrets.token_hex(32))"'
        )
    return secret


PostgresUrl = Annotated[SecretStr, AfterValidator(asyncpg_url)]


class Settings(BaseSettings):
    """What may differ from one machine to the next. A secret has no default."""

    # utf-8-sig: Windows' Notepad may put a mark before the first name. `extra`: the file may serve other programs too.
    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8-sig", extra="ignore")

    database_url: PostgresUrl
    database_direct_url: PostgresUrl | None = None  # for migrations, where DATABASE_URL leads to a pooler
    jwt_secret: Annotated[SecretStr, AfterValidator(long_enough)]
    jwt_expires_minutes: int = Field(default=60, ge=1, le=60 * 24 * 365)
    bcrypt_rounds: int = Field(default=12, ge=4, le=16)  # one more round doubles the time of a login


def what_is_wrong(error: ValidationError) -> str:
    """One line that names each bad variable, and what to do. It shows no value: a value may be a secret."""
    sentences = []
    for problem in error.errors(include_input=False, include_url=False):
        name = str(problem["loc"][0]).upper()
        if problem["type"] == "missing":
            sentences.append(f"{name} is missing: set it in the environment or in a file named .env")
        else:
            sentences.append(f"{name}: {problem['msg']}".replace(": Value error,", ""))
    return "; ".join(sentences)


def load_settings() -> Settings:
    """The settings, or the end of the program: one line on stderr, and exit status 3."""
    for name in [each for each in os.environ if each.startswith("PG")]:
        del os.environ[name]  # asyncpg would take from PGPORT, PGSSLMODE and their like what the URL leaves out
    try:
        return Settings()
    except ValidationError as error:
        problem = what_is_wrong(error)
    except UnicodeDecodeError:
        problem = "The file .env is not in UTF-8: save it as UTF-8"
    sys.stderr.write(problem + "\n")
    sys.exit(START_FAILED)
