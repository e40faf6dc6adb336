"""One query with all conditions; no user has the id NULL."""

from typing import Annotated

from fastapi import Depends
from sqlalchemy import select

from core.auth import decode_access_token
from core.db import SessionDep
from core.errors import DomainError
from models import User
from routers.auth import SettingsDep, oauth2_scheme


async def get_current_user(
    token: Annotated[str, Depends(oauth2_scheme)], session: SessionDep, settings: SettingsDep
) -> User:
    user_id = decode_access_token(token, settings)
    user = await session.scalar(select(User).where(User.id == user_id, User.is_active.is_(True)))
    if not user:
        raise DomainError("Log in again", 401, headers={"WWW-Authenticate": "Bearer"})
    return user
