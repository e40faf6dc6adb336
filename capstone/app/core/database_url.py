"""The database's address, as hosts hand it out, in the terms of SQLAlchemy and asyncpg."""

import ssl
from typing import Any

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

SCHEMES = {"postgres", "postgresql", "postgresql+asyncpg"}
TLS_UNVERIFIED = {"disable", "allow", "prefer", "require"}
TLS_VERIFIED = {"verify-ca", "verify-full"}
PORT, PORT_MAX = 5432, 65_535
EXAMPLE = "postgresql://user:password@localhost:5432/blog"


def connection_options(url: str) -> tuple[URL, dict[str, Any]]:
    """Split an address into SQLAlchemy's URL and asyncpg's `connect` arguments.

    Accepts `postgres://`, `postgresql://` and `postgresql+asyncpg://`, a TCP host or `?host=/directory/of/the/socket`,
    and what hosts append for libpq. Raises ValueError with a message that holds no part of the address but names.
    """
    url = url.strip()
    if not url:
        raise ValueError(f"is empty. Set it to something like {EXAMPLE}")
    if "," in url.partition("?")[0].rpartition("@")[2]:  # not by urlsplit: its errors repeat the password
        raise ValueError(
            f"names several hosts, and this app connects to one: leave the one that takes writes, as in {EXAMPLE}"
        )
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ValueError(f"is not a database's address such as {EXAMPLE}") from None
    if parsed.drivername not in SCHEMES:
        raise ValueError(f"must begin with postgresql:// as in {EXAMPLE}")
    if not parsed.database:
        raise ValueError(f"names no database; it goes after the last slash, as in {EXAMPLE}")

    query = dict(parsed.query)
    if twice := next((name for name, value in query.items() if not isinstance(value, str)), None):
        raise ValueError(f"gives the parameter {twice} more than once. Leave one of them")
    arguments: dict[str, Any] = {}
    mode = query.pop("sslmode", query.pop("ssl", None))
    root_certificate = query.pop("sslrootcert", None)
    if mode is not None:
        arguments["ssl"] = _tls(mode, root_certificate)
    # asyncpg knows no channel binding. Neon's addresses ask for it beside sslmode=require, which is honoured.
    query.pop("channel_binding", None)
    settings = {name: query.pop(name) for name in ("application_name", "options") if name in query}
    if settings:
        arguments["server_settings"] = settings
    query.pop("connect_timeout", None)  # DATABASE_REQUEST_SECONDS says how long to wait
    unknown = sorted(query.keys() - {"host", "port", "target_session_attrs"})
    if unknown:
        raise ValueError(f"has a parameter that this app does not know: {unknown[0]}. Leave it out")
    port = str(query.get("port", PORT if parsed.port is None else parsed.port))
    if not port.isdecimal() or not 0 < int(port[:6]) <= PORT_MAX:
        raise ValueError(f"has a port that is no number from 1 to {PORT_MAX}")
    return parsed.set(drivername="postgresql+asyncpg", query=query), arguments


def _tls(mode: Any, root_certificate: Any) -> str | ssl.SSLContext:
    """Verify the server against the system's authorities where libpq would look for a file of one's own."""
    if mode in TLS_UNVERIFIED:
        return str(mode)
    if mode not in TLS_VERIFIED:
        raise ValueError(f"has a wrong sslmode; it is one of {', '.join(sorted(TLS_UNVERIFIED | TLS_VERIFIED))}")
    try:
        context = ssl.create_default_context(cafile=None if root_certificate == "system" else root_certificate)
    except OSError:
        raise ValueError("has an sslrootcert that can't be read as a file of certificates") from None
    context.check_hostname = mode == "verify-full"
    return context
