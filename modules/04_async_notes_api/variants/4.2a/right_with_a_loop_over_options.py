"""One dictionary says what becomes of each option."""

from pydantic import SecretStr
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

NEW_NAMES = {"host": "host", "ssl": "ssl", "sslmode": "ssl", "channel_binding": None}


def asyncpg_url(secret: SecretStr) -> SecretStr:
    try:
        old = make_url(secret.get_secret_value())
        str(old.host or "").encode("idna")
    except (ArgumentError, ValueError):
        raise ValueError("can't be read") from None
    if not old.drivername.startswith("postgres"):
        raise ValueError("is of another database")
    if old.port is not None and old.port not in range(1, 65_536):
        raise ValueError("has no port that can be")
    options: dict[str, str] = {}
    for name, value in old.query.items():
        if name not in NEW_NAMES or not isinstance(value, str):
            raise ValueError("has an option that is not taken")
        new_name = NEW_NAMES[name]
        if new_name in options:
            raise ValueError("has one option under two names")
        if new_name is not None:
            options[new_name] = value
    if "," in f"{old.host}{options.get('host')}":
        raise ValueError("has more than one host")
    new = URL.create("postgresql+asyncpg", old.username, old.password, old.host, old.port, old.database, options)
    return SecretStr(new.render_as_string(hide_password=False))
