"""Register, log in, and know the caller again."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, status
from fastapi.security import OAuth2PasswordBearer
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.auth import create_access_token, decode_access_token, hash_password, verify_password
from core.db import SessionDep, violated_constraint
from core.errors import DomainError, ErrorBody, InvalidInput
from core.settings import Settings
from models import User
from schemas import LoginForm, Token, UserCreate, fits_bcrypt, normalise_email


async def get_settings(request: Request) -> Settings:
    """Return the settings that the app was made with."""
    settings: Settings = request.app.state.settings
    return settings


SettingsDep = Annotated[Settings, Depends(get_settings)]

router = APIRouter(prefix="/auth", tags=["auth"], responses={422: {"model": InvalidInput}})
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="/auth/login")


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
            raise DomainError("This e-mail is already registered", status.HTTP_409_CONFLICT) from error
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
        raise DomainError("Wrong e-mail or password", status.HTTP_400_BAD_REQUEST)
    return Token(access_token=create_access_token(user.id, settings))


async def get_current_user(
    token: Annotated[str, Depends(oauth2_scheme)], session: SessionDep, settings: SettingsDep
) -> User:
    """Return the token's user. Raises a 401 DomainError with WWW-Authenticate: Bearer if bad, or no active user's."""
    user_id = decode_access_token(token, settings)
    user = await session.get(User, user_id) if user_id is not None else None
    if user is None or not user.is_active:
        raise DomainError("Invalid or expired token", status.HTTP_401_UNAUTHORIZED, {"WWW-Authenticate": "Bearer"})
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]
