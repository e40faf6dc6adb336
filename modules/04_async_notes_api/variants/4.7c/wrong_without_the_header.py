"""The 401 does not say what to bring."""

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
    user = await session.get(User, user_id) if user_id is not None else None
    if user is None or not user.is_active:
        raise DomainError("Invalid or expired token", 401)
    return user
