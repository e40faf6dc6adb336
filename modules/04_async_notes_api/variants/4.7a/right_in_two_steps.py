"""Flushed first, committed later; the text of the error tells the constraint."""

from fastapi import status
from sqlalchemy.exc import IntegrityError

from core.auth import create_access_token, hash_password
from core.db import SessionDep
from core.errors import DomainError
from models import User
from routers.auth import SettingsDep, router
from schemas import Token, UserCreate


@router.post("/register", status_code=status.HTTP_201_CREATED)
async def register(new: UserCreate, session: SessionDep, settings: SettingsDep) -> Token:
    user = User(email=new.email, hashed_password=await hash_password(new.password, rounds=settings.bcrypt_rounds))
    session.add(user)
    try:
        await session.flush()
    except IntegrityError as error:
        await session.rollback()
        if "uq_users_email" not in str(error.orig):
            raise
        raise DomainError("taken", 409) from None
    token = create_access_token(user.id, settings)
    await session.commit()
    return Token(access_token=token)
