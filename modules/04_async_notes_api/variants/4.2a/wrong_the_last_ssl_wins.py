"""Of `ssl=require` and `sslmode=disable` the second wins, without a word."""

from pydantic import SecretStr
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError


def asyncpg_url(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if "," in text.rpartition("@")[2]:
        raise ValueError("names several hosts; this app connects to one: leave one of them")
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError("is not a URL of the form postgresql://USER:PASSWORD@HOST:5432/NAME") from None
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise ValueError("must start with postgresql://")
    if url.port is not None and not 1 <= url.port <= 65_535:
        raise ValueError("has a port that is not from 1 to 65535")
    options = dict(url.query)
    options.pop("channel_binding", None)  # asyncpg has no such option
    if "sslmode" in options:
        options["ssl"] = options.pop("sslmode")  # asyncpg's name for the same thing
    if not options.keys() <= {"host", "ssl"} or any(isinstance(value, tuple) for value in url.query.values()):
        raise ValueError("has an option after the ? that this app does not know, or one twice; leave only one sslmode")
    url = url.set(drivername="postgresql+asyncpg", query=options)
    return SecretStr(url.render_as_string(hide_password=False))
