"""Register, and log in."""

from typing import Annotated

from fastapi import APIRouter, Form, status

from app.database.session import SessionDep, SessionmakerDep
from app.routers.dependencies import ClientAddress, SettingsDep
from app.schemas.auth import LoginForm, Token, UserCreate
from app.security.tokens import Bearer, create_access_token
from app.services import users_service
from app.web.responses import problems

router = APIRouter(prefix="/auth", tags=["auth"])


@router.post("/register", status_code=status.HTTP_201_CREATED, responses=problems(409, 413, 422))
async def register(new: UserCreate, session: SessionDep, settings: SettingsDep) -> Token:
    """Make an account, and return a token for it."""
    user = await users_service.register(session, email=new.email, password=new.password, rounds=settings.bcrypt_rounds)
    return Token(access_token=create_access_token(Bearer(user.id, user.token_version), settings))


@router.post("/login", responses=problems(400, 413, 422, 429))
async def login(
    form: Annotated[LoginForm, Form()], sessionmaker: SessionmakerDep, address: ClientAddress, settings: SettingsDep
) -> Token:
    """Trade an e-mail (the form's `username`) and a password for a token."""
    user = await users_service.log_in(
        sessionmaker, email=form.username, password=form.password, address=address, rounds=settings.bcrypt_rounds
    )
    return Token(access_token=create_access_token(Bearer(user.id, user.token_version), settings))
