"""A token without exp is good for ever."""

import jwt

from core.auth import ALGORITHM, LEEWAY_SECONDS
from core.settings import Settings
from schemas import row_id


def decode_access_token(token: str, settings: Settings) -> int | None:
    if token.endswith("="):
        return None
    try:
        claims = jwt.decode(
            token,
            settings.jwt_secret.get_secret_value(),
            algorithms=[ALGORITHM],
            leeway=LEEWAY_SECONDS,
            options={"require": ["sub"]},
        )
        return row_id(claims["sub"])
    except (jwt.PyJWTError, ValueError):
        return None
