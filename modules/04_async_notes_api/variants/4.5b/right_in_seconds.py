"""Times as whole seconds since 1970, as they stand in the token."""

import time

import jwt

from core.auth import ALGORITHM
from core.settings import Settings


def create_access_token(user_id: int, settings: Settings) -> str:
    now = int(time.time())
    claims = {"iat": now, "exp": now + 60 * settings.jwt_expires_minutes, "sub": f"{user_id}"}
    return jwt.encode(claims, key=settings.jwt_secret.get_secret_value(), algorithm=ALGORITHM)
