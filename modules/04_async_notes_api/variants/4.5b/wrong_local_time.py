"""The clock on the wall, which is another one in each country: PyJWT takes it for UTC."""

from datetime import datetime, timedelta

import jwt

from core.auth import ALGORITHM
from core.settings import Settings


def create_access_token(user_id: int, settings: Settings) -> str:
    now = datetime.now()  # noqa: DTZ005 (that is the mistake)
    claims = {"sub": str(user_id), "iat": now, "exp": now + timedelta(minutes=settings.jwt_expires_minutes)}
    return jwt.encode(claims, settings.jwt_secret.get_secret_value(), algorithm=ALGORITHM)
