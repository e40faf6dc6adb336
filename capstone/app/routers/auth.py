"""Registration and login."""

from typing import Annotated

from fastapi import APIRouter, Form, status

from app.http.openapi import problems
from app.routers.dependencies import ClientAddress, DatabaseDep, PasswordsDep, TokensDep
from app.schemas.auth import AccessToken, Login, Registration
from app.security.tokens import Bearer
from app.services import users

router = APIRouter(prefix="/auth", tags=["auth"])


@router.post("/register", status_code=status.HTTP_201_CREATED, responses=problems(409, 413, 422))
async def register(new: Registration, database: DatabaseDep, passwords: PasswordsDep, tokens: TokensDep) -> AccessToken:
    """Make an account, and log in to it."""
    user = await users.register(database, passwords, email=new.email, password=new.password.get_secret_value())
    return AccessToken(access_token=tokens.issue(Bearer(user.id, user.token_version)))


@router.post("/login", responses=problems(400, 413, 422, 429))
async def log_in(
    form: Annotated[Login, Form()],
    address: ClientAddress,
    database: DatabaseDep,
    passwords: PasswordsDep,
    tokens: TokensDep,
) -> AccessToken:
    """Get an access token for an e-mail (as `username`) and a password."""
    bearer = await users.log_in(
        database, passwords, email=form.username, password=form.password.get_secret_value(), address=address
    )
    return AccessToken(access_token=tokens.issue(bearer))
