"""The settings: read once, at the start, from the environment or from a file named .env."""

import json
import logging
import os
import sys
from typing import Annotated, NoReturn
from urllib.parse import parse_qsl, urlencode, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

URL_SCHEMES = {"postgres", "postgresql", "postgresql+asyncpg"}
URL_OPTIONS = {"host", "port", "sslmode"}  # what may follow the ?
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
PORT_MAX = 65_535
DEFAULT_PORTS = {"http": ":80", "https": ":443"}
SECRET_MIN_BYTES = 32  # RFC 7518, section 3.2: an HS256 key is at least as long as its hash
MAKE_ONE = 'python -c "import secrets; print(secrets.token_hex(32))"'
START_FAILED = 3  # the exit status that tells `uvicorn --workers` not to try again


def asyncpg_url(secret: SecretStr) -> SecretStr:
    """Any PostgreSQL URL that a host hands out, as asyncpg wants it.

    Raises ValueError, which never holds the URL: there is a password in it.
    """
    try:
        url = urlsplit(secret.get_secret_value().strip())  # what is copied often ends in a newline
        (url.hostname or "").encode("idna")  # as the driver does: between two dots stand 1 to 63 characters
    except ValueError:
        raise ValueError("is not a URL of the form postgresql://USER:PASSWORD@HOST:5432/NAME") from None
    if url.scheme not in URL_SCHEMES:
        raise ValueError("must start with postgresql://")
    given = parse_qsl(url.query, keep_blank_values=True)
    options = dict(given)
    if len(options) < len(given):
        raise ValueError("has an option after the ? twice; leave one of them")
    if "," in url.netloc.rpartition("@")[2] + options.get("host", ""):
        raise ValueError("names several hosts, and this app connects to one: leave the one that takes writes")
    options.pop("channel_binding", None)  # asyncpg has no such option
    if "ssl" in options:
        options["sslmode"] = options.pop("ssl")  # SQLAlchemy's name for the same thing
    if options.get("sslmode", "prefer") not in SSL_MODES:
        raise ValueError(f"has an sslmode that is none of {', '.join(SSL_MODES)}")
    if not options.keys() <= URL_OPTIONS:
        raise ValueError("has an option after the ? that this app does not know; take out all but sslmode")
    try:
        ports = {url.port or 0, int(options.get("port", 0))}  # it may stand in both places
    except ValueError:
        ports = {PORT_MAX + 1}
    if max(ports) > PORT_MAX:
        raise ValueError(f"has a port that is no number up to {PORT_MAX}")
    return SecretStr(url._replace(scheme="postgresql", query=urlencode(options)).geturl())


def long_enough(secret: SecretStr) -> SecretStr:
    """The signing key as it is. Raises ValueError, without the key, if it has under SECRET_MIN_BYTES bytes."""
    size = len(secret.get_secret_value().encode())
    if size < SECRET_MIN_BYTES:
        raise ValueError(f"is {size} bytes; it needs at least {SECRET_MIN_BYTES}. Make one: {MAKE_ONE}")
    return secret


def listed(value: object) -> object:
    """Several values in one variable: with commas between them, or as a JSON list."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return [each.strip() for each in value.split(",") if each.strip()]


def web_origin(value: str) -> str:
    """An origin as a browser writes it: scheme, host, and the port if it is not the usual one. Raises ValueError."""
    url = urlsplit(value.lower().removesuffix("/"))
    if url.scheme not in DEFAULT_PORTS or not url.hostname or url.path or url.query or url.fragment or url.username:
        raise ValueError("takes origins such as https://app.example.com, with commas between them")
    return f"{url.scheme}://{url.netloc.removesuffix(DEFAULT_PORTS[url.scheme])}"


PostgresUrl = Annotated[SecretStr, AfterValidator(asyncpg_url)]


class Settings(BaseSettings):
    """What may differ from one machine to the next."""

    # utf-8-sig: Windows' Notepad may put a mark before the first name. `extra`: the file may serve other programs too.
    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8-sig", extra="ignore")

    database_url: PostgresUrl
    jwt_secret: Annotated[SecretStr, AfterValidator(long_enough)]
    database_direct_url: PostgresUrl | None = None  # where DATABASE_URL leads to a pooler
    allowed_origins: Annotated[
        frozenset[Annotated[str, AfterValidator(web_origin)]], NoDecode, BeforeValidator(listed)
    ] = frozenset()
    client_queue_size: int = Field(default=256, ge=1, le=100_000)  # frames that may wait for one client
    close_seconds: float = Field(default=3, gt=0, le=60)  # how long a client may take to read that it is closed
    ticket_seconds: int = Field(default=300, ge=1, le=86_400)  # how long a ticket is good
    ticket_wait_seconds: float = Field(default=10, gt=0, le=60)  # how long a member may take to show it
    presence_check_seconds: float = Field(default=5, gt=0, le=3600)  # how often we look who is really there


def what_is_wrong(error: ValidationError) -> str:
    """One line that names each bad variable, and what to do. It shows no value: a value may be a secret."""
    sentences = {}
    for problem in error.errors(include_input=False, include_url=False):
        name = str(problem["loc"][0]).upper()
        if problem["type"] == "missing":
            sentences[name] = f"{name} is missing: set it in the environment or in a file named .env"
        else:
            sentences[name] = f"{name}: {problem['msg']}".replace(": Value error,", "")
    return "; ".join(sentences.values())


def refuse_to_start(problem: str) -> NoReturn:
    """Switch the logger `uvicorn.error` off, write the problem as one line to stderr, and exit with START_FAILED."""
    logging.getLogger("uvicorn.error").disabled = True  # or the server adds a page of traceback
    sys.stderr.write(problem + "\n")
    sys.exit(START_FAILED)


def load_settings() -> Settings:
    """The settings, or the end of the program: one line on stderr, and exit status 3."""
    for name in [each for each in os.environ if each.startswith("PG")]:
        del os.environ[name]  # asyncpg would take from PGPORT, PGSSLMODE and their like what the URL leaves out
    try:
        return Settings()
    except ValidationError as error:
        refuse_to_start(what_is_wrong(error))
    except UnicodeDecodeError:
        refuse_to_start("The file .env is not in UTF-8: save it as UTF-8")
