"""The token of a user who is gone is a 500."""

from typing import Annotated

from fastapi import Depends

from core.auth import decode_access_token
from core.db import SessionDep
from core.errors import DomainError
from models import User
from routers.auth import SettingsDep, oauth2_scheme


async def get_current_user(
    token: Annotated[str, Depends(oauth2_scheme)], session: SessionDep, settings: SettingsDep
) -> User:
    user_id = decode_access_token(token, settings)
    if user_id is None:
        raise DomainError("Invalid or expired token", 401, {"WWW-Authenticate": "Bearer"})
    user = await session.get_one(User, user_id)
    if not user.is_active:
        raise DomainError("Invalid or expired token", 401, {"WWW-Authenticate": "Bearer"})
    return user
