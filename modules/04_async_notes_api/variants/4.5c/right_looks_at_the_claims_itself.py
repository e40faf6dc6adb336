"""The form by a regular expression first, and what must be there by `in`."""

import re
from datetime import timedelta

import jwt

from core.auth import ALGORITHM, LEEWAY_SECONDS
from core.settings import Settings
from schemas import row_id


def decode_access_token(token: str, settings: Settings) -> int | None:
    if re.fullmatch(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", token) is None:
        return None
    leeway = timedelta(seconds=LEEWAY_SECONDS)
    try:
        claims = jwt.decode(token, settings.jwt_secret.get_secret_value(), [ALGORITHM], leeway=leeway)
    except (jwt.PyJWTError, ValueError):
        return None
    if "exp" not in claims or "sub" not in claims:
        return None
    try:
        return row_id(claims["sub"])
    except ValueError:
        return None
