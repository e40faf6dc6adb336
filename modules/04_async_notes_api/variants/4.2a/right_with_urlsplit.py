"""The URL taken apart by the standard library, and put together as a text."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import SecretStr


def asyncpg_url(secret: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(secret.get_secret_value())
        port, _ = parts.port, (parts.hostname or "").encode("idna")
    except ValueError:
        raise ValueError("this is no URL that can be read") from None
    if parts.scheme not in {"postgres", "postgresql", "postgresql+asyncpg"}:
        raise ValueError("this is not the URL of a PostgreSQL")
    if port == 0:
        raise ValueError("0 is no port")
    options = {}
    for given, value in parse_qsl(parts.query, keep_blank_values=True):
        name = given.replace("sslmode", "ssl")
        if name in options:
            raise ValueError(f"the option {given} is there twice")
        options[name] = value
    options.pop("channel_binding", None)
    if set(options) - {"host", "ssl"}:
        raise ValueError("there is an option that is not known")
    if "," in (parts.hostname or "") or "," in options.get("host", ""):
        raise ValueError("there are two hosts")
    return SecretStr(urlunsplit(parts._replace(scheme="postgresql+asyncpg", query=urlencode(options))))
