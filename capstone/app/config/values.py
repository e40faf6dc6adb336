"""What a setting may be, and what is said of one that is wrong. No message holds a value: it may be a secret."""

from typing import Annotated
from urllib.parse import urlsplit

from jwt.algorithms import HMACAlgorithm
from jwt.exceptions import InvalidKeyError
from pydantic import AfterValidator, SecretStr
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

SECRET_MIN_BYTES = 32  # RFC 7518, section 3.2: an HS256 key is at least as long as its hash
MAKE_ONE = 'python -c "import secrets; print(secrets.token_hex(32))"'
DEFAULT_PORTS = {"http": ":80", "https": ":443"}
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")  # as in libpq


def asyncpg_url(secret: SecretStr) -> SecretStr:
    """Return a PostgreSQL URL, as any host hands it out, in the form that SQLAlchemy and asyncpg take.

    Raises ValueError for one that can't be meant so. The message holds no part of the URL: there is a password in it.
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
    if options.get("ssl", "prefer") not in SSL_MODES:
        raise ValueError(f"has an sslmode that is none of {', '.join(SSL_MODES)}")
    url = url.set(drivername="postgresql+asyncpg", query=options)
    return SecretStr(url.render_as_string(hide_password=False))


def long_enough(secret: SecretStr) -> SecretStr:
    """Return the signing key as it is. Raises ValueError, without the key, if it has under SECRET_MIN_BYTES bytes.

    Or if it is an SSH key or in PEM, which PyJWT signs nothing with.
    """
    size = len(secret.get_secret_value().encode())
    if size < SECRET_MIN_BYTES:
        raise ValueError(f"is {size} bytes; it needs at least {SECRET_MIN_BYTES}. Make one: {MAKE_ONE}")
    try:
        HMACAlgorithm(HMACAlgorithm.SHA256).prepare_key(secret.get_secret_value())
    except InvalidKeyError:
        raise ValueError(f"is one half of a pair of keys, which signs otherwise. Make one: {MAKE_ONE}") from None
    return secret


def listed(value: object) -> object:
    """Several values in one variable, with commas between them."""
    if not isinstance(value, str):
        return value
    return [each.strip() for each in value.split(",") if each.strip()]


def web_origin(value: str) -> str:
    """An origin as a browser writes it: scheme, host, and the port if it is not the usual one. Raises ValueError."""
    url = urlsplit(value.lower().removesuffix("/"))
    more = url.path or url.query or url.fragment or "@" in url.netloc
    if url.scheme not in DEFAULT_PORTS or not url.hostname or more:
        raise ValueError("takes origins such as https://app.example.com, with commas between them")
    return f"{url.scheme}://{url.netloc.removesuffix(DEFAULT_PORTS[url.scheme])}"


PostgresUrl = Annotated[SecretStr, AfterValidator(asyncpg_url)]
