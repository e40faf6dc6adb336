"""The rounds stand in the code, so those of the settings count for nothing."""

from fastapi import status
from sqlalchemy.exc import IntegrityError

from core.auth import create_access_token, hash_password
from core.db import SessionDep, violated_constraint
from core.errors import DomainError, ErrorBody
from models import User
from routers.auth import SettingsDep, router
from schemas import Token, UserCreate


@router.post("/register", status_code=status.HTTP_201_CREATED, responses={409: {"model": ErrorBody}})
async def register(new: UserCreate, session: SessionDep, settings: SettingsDep) -> Token:
    """Register."""
    hashed = await hash_password(new.password, rounds=12)
    user = User(email=new.email, hashed_password=hashed)
    session.add(user)
    try:
        await session.commit()
    except IntegrityError as error:
        if violated_constraint(error) == "uq_users_email":
            raise DomainError("This e-mail is already registered", status.HTTP_409_CONFLICT) from error
        raise
    return Token(access_token=create_access_token(user.id, settings))
