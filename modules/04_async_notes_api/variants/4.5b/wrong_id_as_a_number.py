"""The subject is a number, where the standard wants a text: it can't be read again."""

from datetime import UTC, datetime, timedelta

import jwt

from core.auth import ALGORITHM
from core.settings import Settings


def create_access_token(user_id: int, settings: Settings) -> str:
    now = datetime.now(UTC)
    claims = {"sub": user_id, "iat": now, "exp": now + timedelta(minutes=settings.jwt_expires_minutes)}
    return jwt.encode(claims, settings.jwt_secret.get_secret_value(), algorithm=ALGORITHM)
