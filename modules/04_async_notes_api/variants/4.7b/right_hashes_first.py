"""The rows are read into plain values, the session is closed, and only then is it decided who is who."""

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
    wrong = DomainError("No such pair", 400)
    try:
        email = normalise_email(form.username)
        password = fits_bcrypt(form.password)
    except ValueError:
        await hash_password("nobody's", rounds=settings.bcrypt_rounds)
        raise wrong from None
    query = select(User.id, User.hashed_password, User.is_active).where(User.email == email)
    found = (await session.execute(query)).one_or_none()
    await session.close()
    if not found or not found.is_active:
        await hash_password(password, rounds=settings.bcrypt_rounds)
        raise wrong
    if not await verify_password(password, found.hashed_password):
        raise wrong
    return Token(access_token=create_access_token(found.id, settings))
