"""One statement that inserts, or does nothing and gives no row back."""

from fastapi import HTTPException
from sqlalchemy.dialects.postgresql import insert

from core.auth import create_access_token, hash_password
from core.db import SessionDep
from models import User
from routers.auth import SettingsDep, router
from schemas import Token, UserCreate


@router.post("/register", status_code=201)
async def register(new: UserCreate, session: SessionDep, settings: SettingsDep) -> Token:
    values = {"email": new.email, "hashed_password": await hash_password(new.password, rounds=settings.bcrypt_rounds)}
    statement = insert(User).values(**values, is_active=True).on_conflict_do_nothing(index_elements=[User.email])
    user_id = await session.scalar(statement.returning(User.id))
    await session.commit()
    if user_id is None:
        raise HTTPException(409, "Somebody has this e-mail")
    return Token(access_token=create_access_token(user_id, settings))
