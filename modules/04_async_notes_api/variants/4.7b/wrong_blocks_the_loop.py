"""bcrypt in the endpoint itself: while it works, nobody else is served."""

from typing import Annotated

import bcrypt
from fastapi import Form
from sqlalchemy import select

from core.auth import create_access_token, hash_password
from core.db import SessionDep
from core.errors import DomainError
from models import User
from routers.auth import SettingsDep, router
from schemas import LoginForm, Token, fits_bcrypt, normalise_email


@router.post("/login")
async def login(form: Annotated[LoginForm, Form()], session: SessionDep, settings: SettingsDep) -> Token:
    try:
        email, password = normalise_email(form.username), fits_bcrypt(form.password)
    except ValueError:
        email, password = "", ""
    user = await session.scalar(select(User).where(User.email == email, User.is_active))
    await session.commit()
    if user is None:
        await hash_password(password, rounds=settings.bcrypt_rounds)
    if user is None or not bcrypt.checkpw(password.encode(), user.hashed_password.encode()):
        raise DomainError("Wrong e-mail or password")
    return Token(access_token=create_access_token(user.id, settings))
