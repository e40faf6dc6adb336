"""No exp: whoever finds the token has it for ever."""

from datetime import UTC, datetime

import jwt

from core.auth import ALGORITHM
from core.settings import Settings


def create_access_token(user_id: int, settings: Settings) -> str:
    claims = {"sub": str(user_id), "iat": datetime.now(UTC)}
    return jwt.encode(claims, settings.jwt_secret.get_secret_value(), algorithm=ALGORITHM)
