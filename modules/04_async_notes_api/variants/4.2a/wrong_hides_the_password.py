"""str(url) writes *** in place of the password, and the database refuses that."""

from pydantic import SecretStr
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError


def asyncpg_url(secret: SecretStr) -> SecretStr:
    try:
        url = make_url(secret.get_secret_value())
    except (ArgumentError, ValueError):
        raise ValueError("is no URL") from None
    if url.get_backend_name() not in ("postgresql", "postgres"):
        raise ValueError("is not PostgreSQL's")
    options = dict(url.query)
    options.pop("channel_binding", None)
    if "sslmode" in options:
        options["ssl"] = options.pop("sslmode")
    return SecretStr(str(url.set(drivername="postgresql+asyncpg", query=options)))
