"""An hour, whatever the settings say."""

from datetime import UTC, datetime, timedelta

import jwt

from core.auth import ALGORITHM
from core.settings import Settings


def create_access_token(user_id: int, settings: Settings) -> str:
    now = datetime.now(UTC)
    claims = {"sub": str(user_id), "iat": now, "exp": now + timedelta(minutes=60)}
    return jwt.encode(claims, settings.jwt_secret.get_secret_value(), algorithm=ALGORITHM)
