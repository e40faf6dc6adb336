"""Register, and log in."""

from typing import Annotated

from fastapi import APIRouter, Depends, status
from fastapi.security import OAuth2PasswordRequestForm

from app.core.security import create_access_token
from app.core.session import SessionDep, SessionmakerDep
from app.routers.dependencies import SettingsDep, no_store
from app.schemas.auth import Token, UserCreate
from app.services import users_service

router = APIRouter(prefix="/auth", tags=["auth"], dependencies=[Depends(no_store)])


@router.post("/register", status_code=status.HTTP_201_CREATED, responses={409: {"description": "The e-mail is taken"}})
async def register(new: UserCreate, session: SessionDep, settings: SettingsDep) -> Token:
    """Make an account."""
    user = await users_service.register(session, email=new.email, password=new.password, rounds=settings.bcrypt_rounds)
    return Token(access_token=create_access_token(user.id, settings))


@router.post("/login", responses={400: {"description": "Wrong e-mail or password"}})
async def login(
    form: Annotated[OAuth2PasswordRequestForm, Depends()], sessionmaker: SessionmakerDep, settings: SettingsDep
) -> Token:
    """Trade an e-mail and a password for a token."""
    user = await users_service.log_in(
        sessionmaker, email=form.username, password=form.password, rounds=settings.bcrypt_rounds
    )
    return Token(access_token=create_access_token(user.id, settings))
