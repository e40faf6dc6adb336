"""A wrong e-mail is verified against a hash that fits no password, of the same rounds."""

from typing import Annotated

from fastapi import Form
from sqlalchemy import select

from core.auth import create_access_token, verify_password
from core.db import SessionDep
from core.errors import DomainError
from models import User
from routers.auth import SettingsDep, router
from schemas import LoginForm, Token, fits_bcrypt, normalise_email


@router.post("/login")
async def login(form: Annotated[LoginForm, Form()], session: SessionDep, settings: SettingsDep) -> Token:
    hashed = f"$2b${settings.bcrypt_rounds:02}$" + "." * 53
    user, password = None, ""
    try:
        email, password = normalise_email(form.username), fits_bcrypt(form.password)
        user = await session.scalar(select(User).where(User.email == email).where(User.is_active.is_(True)))
        await session.commit()  # others may have the connection
    except ValueError:
        pass
    if await verify_password(password, user.hashed_password if user else hashed) and user:
        return Token(access_token=create_access_token(user.id, settings))
    raise DomainError("Wrong e-mail or password")
