"""A token without an `iat`, which no standard asks for, is refused."""

import jwt

from core.auth import ALGORITHM, LEEWAY_SECONDS
from core.settings import Settings
from schemas import row_id


def decode_access_token(token: str, settings: Settings) -> int | None:
    try:
        claims = jwt.decode(
            token,
            settings.jwt_secret.get_secret_value(),
            algorithms=[ALGORITHM],  # if the token could choose, it would choose "none"
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "sub", "iat"]},
        )
        user_id = row_id(claims["sub"])
    except (jwt.InvalidTokenError, ValueError):  # the second is row_id's
        return None
    return None if token.endswith("=") else user_id  # PyJWT takes padding at the end, the standard (RFC 7515) does not
