"""Register, and log in."""

from typing import Annotated

from fastapi import APIRouter, Form, status
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.core.db import violated_constraint
from app.core.error_handlers import ErrorBody, InvalidInput
from app.core.errors import Conflict, WrongCredentials
from app.core.security import create_access_token, hash_password, verify_password
from app.core.session import SessionDep
from app.models import User
from app.routers.dependencies import SettingsDep
from app.schemas.auth import LoginForm, Token, UserCreate, fits_bcrypt, normalise_email

router = APIRouter(prefix="/auth", tags=["auth"], responses={422: {"model": InvalidInput}})


@router.post("/register", status_code=status.HTTP_201_CREATED, responses={409: {"model": ErrorBody}})
async def register(new: UserCreate, session: SessionDep, settings: SettingsDep) -> Token:
    """Make an account, and return a token for it. Raises a 409 DomainError if `uq_users_email` says: taken."""
    hashed = await hash_password(new.password, rounds=settings.bcrypt_rounds)
    user = User(email=new.email, hashed_password=hashed)
    session.add(user)
    try:
        await session.commit()
    except IntegrityError as error:
        if violated_constraint(error) == "uq_users_email":
            raise Conflict("This e-mail is already registered") from error
        raise
    return Token(access_token=create_access_token(user.id, settings))


@router.post("/login", responses={400: {"model": ErrorBody}})
async def login(form: Annotated[LoginForm, Form()], session: SessionDep, settings: SettingsDep) -> Token:
    """Trade an e-mail (the form's `username`) and a password for a token.

    Raises one 400 DomainError, after the same time, for a wrong password, an unknown or bad e-mail, an inactive user.
    """
    try:
        email, password = normalise_email(form.username), fits_bcrypt(form.password)
    except ValueError:
        email, password = "", ""  # nobody has registered with these
    user = await session.scalar(select(User).where(User.email == email, User.is_active))
    await session.commit()  # gives the connection back: bcrypt takes long, and other requests need it
    if user is None:
        await hash_password(password, rounds=settings.bcrypt_rounds)  # for nothing but the time that it takes
    if user is None or not await verify_password(password, user.hashed_password):
        raise WrongCredentials
    return Token(access_token=create_access_token(user.id, settings))
