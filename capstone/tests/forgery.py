"""Tokens as somebody would make them who knows the secret: a real one's claims, changed and signed anew."""

from typing import Any

import jwt


def header_of(token: str) -> dict[str, Any]:
    """What a token says about itself."""
    return jwt.get_unverified_header(token)


def claims_of(token: str) -> dict[str, Any]:
    """What a token says."""
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def forge(
    token: str, key: str, *, algorithm: str = "HS256", header: dict[str, Any] | None = None, **changes: Any
) -> str:
    """A token with some claims changed, and those left out that are changed to None. `header` replaces its key id."""
    claims = {name: value for name, value in (claims_of(token) | changes).items() if value is not None}
    return jwt.encode(
        claims, key, algorithm=algorithm, headers={"kid": header_of(token)["kid"]} if header is None else header
    )
