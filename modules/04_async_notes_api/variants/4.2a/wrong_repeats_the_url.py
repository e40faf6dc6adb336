"""The message holds the URL, with the password in it, and the log keeps it."""

from pydantic import SecretStr
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError


def asyncpg_url(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError(f"{text} is no URL") from None
    options = dict(url.query)
    options.pop("channel_binding", None)
    if "sslmode" in options:
        options["ssl"] = options.pop("sslmode")
    if url.get_backend_name() not in ("postgresql", "postgres") or not options.keys() <= {"host", "ssl"}:
        raise ValueError(f"{text} is not a URL that can be used")
    url = url.set(drivername="postgresql+asyncpg", query=options)
    return SecretStr(url.render_as_string(hide_password=False))
