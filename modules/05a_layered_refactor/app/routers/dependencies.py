"""What endpoints ask for by type. A rule such as "who is calling?" stands here once, and has a name."""

import re
from typing import Annotated

from fastapi import Depends, Path, Query, Request, Response
from fastapi.security import OAuth2PasswordBearer
from pydantic import BeforeValidator

from app.core.security import decode_access_token
from app.core.session import SessionDep
from app.core.settings import Settings
from app.models import User
from app.models.base import MAX_ID
from app.services import users_service

PAGE_LIMIT_MAX = 100
PAGE_OFFSET_MAX = 2**31 - 1

ID = re.compile(r"[1-9][0-9]*")


def plain_digits(text: str) -> str:
    """The text of an id as we write it. Raises ValueError for what `int` would take too: "+1", "1_0", "1.0"."""
    if not ID.fullmatch(text):
        raise ValueError("must be a whole number without a leading zero")
    return text


Id = Annotated[int, Path(ge=1, le=MAX_ID, examples=[1]), BeforeValidator(plain_digits)]
Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX, examples=[50])]
Offset = Annotated[int, Query(ge=0, le=PAGE_OFFSET_MAX, examples=[0])]

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
    return await users_service.find_active(session, user_id=decode_access_token(token, settings))


CurrentUser = Annotated[User, Depends(get_current_user)]


async def no_store(response: Response) -> None:
    """Let no cache keep the answer: it holds a token, or what is only for the user who asks."""
    response.headers["Cache-Control"] = "no-store"
