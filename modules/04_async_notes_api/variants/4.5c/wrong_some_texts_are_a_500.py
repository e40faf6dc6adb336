"""What is no Unicode, or names no row, is an exception that nobody catches."""

import jwt

from core.auth import ALGORITHM, LEEWAY_SECONDS
from core.settings import Settings
from schemas import row_id


def decode_access_token(token: str, settings: Settings) -> int | None:
    if token.endswith("="):
        return None
    key, options = settings.jwt_secret.get_secret_value(), {"require": ["exp", "sub"]}
    try:
        claims = jwt.decode(token, key, algorithms=[ALGORITHM], leeway=LEEWAY_SECONDS, options=options)
    except jwt.InvalidTokenError:
        return None
    return row_id(claims["sub"])
