"""Register, log in, and know the caller again."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, status
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core.auth import create_access_token, decode_access_token, hash_password, verify_password
from core.db import SessionDep, violated_constraint
from core.errors import DomainError
from core.settings import Settings
from models import User
from schemas import Token, UserCreate, fits_bcrypt, no_nul, normalise_email

router = APIRouter(prefix="/auth", tags=["auth"])
oauth2_scheme = OAuth2PasswordBearer(tokenUrl="/auth/login")


async def get_settings(request: Request) -> Settings:
    """The settings that the app was made with."""
    settings: Settings = request.app.state.settings
    return settings


SettingsDep = Annotated[Settings, Depends(get_settings)]


@router.post("/register", status_code=status.HTTP_201_CREATED, responses={409: {"description": "The e-mail is taken"}})
async def register(new: UserCreate, session: SessionDep, settings: SettingsDep) -> Token:
    """Make an account.

    There is no check first whether the e-mail is free: between the check and the insert another request could take
    it. The database's unique constraint decides, and we translate what it says.
    """
    hashed_password = await hash_password(new.password, rounds=settings.bcrypt_rounds)
    user = User(email=new.email, hashed_password=hashed_password)
    session.add(user)
    try:
        await session.commit()
    except IntegrityError as error:
        if violated_constraint(error) == "uq_users_email":
            raise DomainError("This e-mail is already registered", status.HTTP_409_CONFLICT) from error
        raise
    return Token(access_token=create_access_token(user.id, settings))


@router.post("/login", responses={400: {"description": "Wrong e-mail or password"}})
async def login(
    form: Annotated[OAuth2PasswordRequestForm, Depends()], session: SessionDep, settings: SettingsDep
) -> Token:
    """Trade an e-mail and a password for a token.

    A wrong e-mail gets the same answer as a wrong password, after the same time. Otherwise anybody could find out
    who has an account here.
    """
    wrong = DomainError("Wrong e-mail or password", status.HTTP_400_BAD_REQUEST)
    try:
        email, password = normalise_email(form.username), fits_bcrypt(no_nul(form.password))
    except ValueError:  # nobody can have registered with these
        await hash_password("", rounds=settings.bcrypt_rounds)  # not this password: bcrypt may be unable to read it
        raise wrong from None
    user = await session.scalar(select(User).where(User.email == email, User.is_active))
    await session.commit()  # gives the connection back: bcrypt takes long, and other requests need it
    if user is None:
        await hash_password(password, rounds=settings.bcrypt_rounds)  # for nothing but the time that it takes
        raise wrong
    if not await verify_password(password, user.hashed_password):
        raise wrong
    return Token(access_token=create_access_token(user.id, settings))


async def get_current_user(
    token: Annotated[str, Depends(oauth2_scheme)], session: SessionDep, settings: SettingsDep
) -> User:
    """The user whom the token speaks for. A good token may outlive its user, so we look."""
    user_id = decode_access_token(token, settings)
    user = await session.get(User, user_id) if user_id is not None else None
    if user is None or not user.is_active:
        raise DomainError("Invalid or expired token", status.HTTP_401_UNAUTHORIZED, {"WWW-Authenticate": "Bearer"})
    return user


CurrentUser = Annotated[User, Depends(get_current_user)]
