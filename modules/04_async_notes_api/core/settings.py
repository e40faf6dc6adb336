"""The settings: read once, at the start, from the environment or from a file named .env."""

import logging
import sys
from typing import Annotated, NoReturn

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

SECRET_MIN_BYTES = 32  # RFC 7518, section 3.2: an HS256 key is at least as long as its hash
MAKE_ONE = 'python -c "import secrets; print(secrets.token_hex(32))"'
START_FAILED = 3  # the exit status that tells `uvicorn --workers` not to try again


def asyncpg_url(secret: SecretStr) -> SecretStr:
    """Return a PostgreSQL URL, as any host hands it out, in the form that SQLAlchemy and asyncpg take.

    It starts with postgresql+asyncpg://, `sslmode` is called `ssl`, `host` stays, and `channel_binding` is left out.
    Raises ValueError for what is no URL, another database's, several hosts, a host that `encode("idna")` refuses, a
    port that is not from 1 to 65535, any other option, and an option given twice. The message holds no part of the
    URL: there is a password in it.
    """
    text = secret.get_secret_value()
    if "," in text.rpartition("@")[2]:
        raise ValueError("names several hosts; this app connects to one: leave one of them")
    try:
        url = make_url(text)
        (url.host or "").encode("idna")  # as the driver does: between two dots stand 1 to 63 characters
    except (ArgumentError, ValueError):
        raise ValueError("is not a URL of the form postgresql://USER:PASSWORD@HOST:5432/NAME") from None
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise ValueError("must start with postgresql://")
    if url.port is not None and not 1 <= url.port <= 65_535:
        raise ValueError("has a port that is not from 1 to 65535")
    options = dict(url.query)
    options.pop("channel_binding", None)  # asyncpg has no such option
    if "sslmode" in options and "ssl" not in options:
        options["ssl"] = options.pop("sslmode")  # asyncpg's name for the same thing
    if not options.keys() <= {"host", "ssl"} or any(isinstance(value, tuple) for value in url.query.values()):
        raise ValueError("has an option after the ? that this app does not know, or one twice; leave only one sslmode")
    url = url.set(drivername="postgresql+asyncpg", query=options)
    return SecretStr(url.render_as_string(hide_password=False))


def long_enough(secret: SecretStr) -> SecretStr:
    """Return the signing key as it is. Raises ValueError, without the key, if it has under SECRET_MIN_BYTES bytes."""
    size = len(secret.get_secret_value().encode())
    if size < SECRET_MIN_BYTES:
        raise ValueError(f"is {size} bytes; it needs at least {SECRET_MIN_BYTES}. Make one: {MAKE_ONE}")
    return secret


class Settings(BaseSettings):
    """What may differ from one machine to the next. A secret has no default."""

    # utf-8-sig: Windows' Notepad may put a mark before the first name. `extra`: the file may serve other programs too.
    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8-sig", extra="ignore", str_strip_whitespace=True
    )

    database_url: Annotated[SecretStr, AfterValidator(asyncpg_url)]
    jwt_secret: Annotated[SecretStr, AfterValidator(long_enough)]
    jwt_expires_minutes: int = Field(default=60, ge=1, le=60 * 24 * 365)
    bcrypt_rounds: int = Field(default=12, ge=4, le=16)  # one more round doubles the time of a login


def what_is_wrong(error: ValidationError) -> str:
    """Return one line that names each bad variable, in capitals, and its problem, but no value: it may be a secret."""
    sentences = []
    for problem in error.errors():
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
    try:
        return Settings()
    except ValidationError as error:
        refuse_to_start(what_is_wrong(error))
    except UnicodeDecodeError:
        refuse_to_start("The file .env is not in UTF-8: save it as UTF-8")
