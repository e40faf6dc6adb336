"""One claim more, the type named in the header, and PyJWT's default algorithm."""

import uuid
from datetime import UTC, datetime, timedelta

import jwt

from core.settings import Settings


def create_access_token(user_id: int, settings: Settings) -> str:
    issued = datetime.now(tz=UTC)
    claims = {
        "jti": uuid.uuid4().hex,
        "sub": str(user_id),
        "iat": issued,
        "exp": issued + timedelta(seconds=settings.jwt_expires_minutes * 60),
    }
    return jwt.encode(claims, settings.jwt_secret.get_secret_value(), headers={"typ": "JWT"})
