"""FastAPI's own exception, and one return in the middle."""

from typing import Annotated

from fastapi import Depends, HTTPException

from core.auth import decode_access_token
from core.db import SessionDep
from models import User
from routers.auth import SettingsDep, oauth2_scheme


async def get_current_user(
    token: Annotated[str, Depends(oauth2_scheme)], session: SessionDep, settings: SettingsDep
) -> User:
    user_id = decode_access_token(token, settings)
    if user_id is not None:
        user = await session.get(User, user_id)
        if user is not None and user.is_active:
            return user
    raise HTTPException(401, "Who are you?", {"WWW-Authenticate": "Bearer"})
