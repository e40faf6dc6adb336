"""What endpoints ask for by type. A rule such as "who is calling?" stands here once, and has a name."""

from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.security import OAuth2PasswordBearer

from app.core.errors import InvalidToken
from app.core.security import decode_access_token
from app.core.session import SessionDep
from app.core.settings import Settings
from app.models import User

Limit = Annotated[int, Query(ge=1, le=100, examples=[20])]
Offset = Annotated[int, Query(ge=0, le=2**31 - 1, examples=[40])]

oauth2_scheme = OAuth2PasswordBearer(tokenUrl="/auth/login")


async def get_settings(request: Request) -> Settings:
    """The settings that the app was made with."""
    settings: Settings = request.app.state.settings
    return settings


SettingsDep = Annotated[Settings, Depends(get_settings)]


async def get_current_user(
    token: Annotated[str, Depends(oauth2_scheme)], session: SessionDep, settings: SettingsDep
) -> User:
    """The user whom the token speaks for."""
    user_id = decode_access_token(token, settings)
    user = await session.get(User, user_id) if user_id is not None else None
    if user is None or not user.is_active:
        raise InvalidToken
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]
