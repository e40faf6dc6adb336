"""A token is good for 50 seconds after its end."""

import jwt

from core.auth import ALGORITHM
from core.settings import Settings
from schemas import row_id


def decode_access_token(token: str, settings: Settings) -> int | None:
    if token.endswith("="):
        return None
    key, options = settings.jwt_secret.get_secret_value(), {"require": ["exp", "sub"]}
    try:
        claims = jwt.decode(token, key, algorithms=[ALGORITHM], leeway=50, options=options)
        return row_id(claims["sub"])
    except (jwt.InvalidTokenError, ValueError):
        return None
