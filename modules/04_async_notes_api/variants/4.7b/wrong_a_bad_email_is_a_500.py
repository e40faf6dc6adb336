"""The ValueError of what is no e-mail is not caught: a 500, and no 400."""

from typing import Annotated

from fastapi import Form
from sqlalchemy import select

from core.auth import create_access_token, hash_password, verify_password
from core.db import SessionDep
from core.errors import DomainError
from models import User
from routers.auth import SettingsDep, router
from schemas import LoginForm, Token, fits_bcrypt, normalise_email


@router.post("/login")
async def login(form: Annotated[LoginForm, Form()], session: SessionDep, settings: SettingsDep) -> Token:
    email, password = normalise_email(form.username), fits_bcrypt(form.password)
    user = await session.scalar(select(User).where(User.email == email, User.is_active))
    await session.commit()
    if user is None:
        await hash_password(password, rounds=settings.bcrypt_rounds)
    if user is None or not await verify_password(password, user.hashed_password):
        raise DomainError("Wrong e-mail or password")
    return Token(access_token=create_access_token(user.id, settings))
