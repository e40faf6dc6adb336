"""Whatever the database refuses is told to be a taken e-mail."""

from sqlalchemy.exc import IntegrityError

from core.auth import create_access_token, hash_password
from core.db import SessionDep
from core.errors import DomainError
from models import User
from routers.auth import SettingsDep, router
from schemas import Token, UserCreate


@router.post("/register", status_code=201)
async def register(new: UserCreate, session: SessionDep, settings: SettingsDep) -> Token:
    hashed = await hash_password(new.password, rounds=settings.bcrypt_rounds)
    user = User(email=new.email, hashed_password=hashed)
    session.add(user)
    try:
        await session.commit()
    except IntegrityError as error:
        raise DomainError("taken", 409) from error
    return Token(access_token=create_access_token(user.id, settings))
