"""bcrypt works as long as the endpoint says, and not the settings."""

from typing import Annotated

from fastapi import APIRouter, Form, status

from app.core.error_handlers import ErrorBody, InvalidInput
from app.core.security import create_access_token
from app.core.session import SessionDep, SessionmakerDep
from app.routers.dependencies import SettingsDep
from app.schemas.auth import LoginForm, Token, UserCreate
from app.services import users_service

router = APIRouter(prefix="/auth", tags=["auth"], responses={422: {"model": InvalidInput}})


@router.post("/register", status_code=status.HTTP_201_CREATED, responses={409: {"model": ErrorBody}})
async def register(new: UserCreate, session: SessionDep, settings: SettingsDep) -> Token:
    """Make an account, and return a token for it. Raises a 409 DomainError if `uq_users_email` says: taken."""
    user = await users_service.register(session, email=new.email, password=new.password, rounds=12)
    return Token(access_token=create_access_token(user.id, settings))


@router.post("/login", responses={400: {"model": ErrorBody}})
async def login(form: Annotated[LoginForm, Form()], sessionmaker: SessionmakerDep, settings: SettingsDep) -> Token:
    """Trade an e-mail (the form's `username`) and a password for a token.

    Raises one 400 DomainError, after the same time, for a wrong password, an unknown or bad e-mail, an inactive user.
    """
    user = await users_service.log_in(
        sessionmaker, email=form.username, password=form.password, rounds=settings.bcrypt_rounds
    )
    return Token(access_token=create_access_token(user.id, settings))
