"""Profiles."""

from typing import Any

from fastapi import APIRouter, Request, Response, status
from pydantic import TypeAdapter

from app.http.openapi import PAGE, problems
from app.http.responses import page_response
from app.limits import PAGE_LIMIT_DEFAULT
from app.models import User
from app.routers.dependencies import (
    CurrentCredentials,
    CurrentUser,
    Cursor,
    DatabaseDep,
    Id,
    Limit,
    PasswordsDep,
    SessionDep,
)
from app.schemas.auth import AccountDeletion, PasswordChange
from app.schemas.common import PageOf
from app.schemas.users import Me, Profile, UserUpdate
from app.services import accounts, users

router = APIRouter(prefix="/users", tags=["users"])

PROFILE_PAGE = TypeAdapter(PageOf[Profile])


@router.get("/me", response_model=Me, responses=problems(401))
async def read_me(user: CurrentUser) -> User:
    """Your own account."""
    return user


@router.patch("/me", response_model=Me, responses=problems(401, 413, 422))
async def rename_me(update: UserUpdate, session: SessionDep, user: CurrentUser) -> User:
    """Give yourself another name."""
    return await users.rename(session, user=user, **update.model_dump(exclude_unset=True))


@router.put(
    "/me/password",
    status_code=status.HTTP_204_NO_CONTENT,
    response_class=Response,
    responses=problems(400, 401, 413, 422, 429),
)
async def change_my_password(
    change: PasswordChange, database: DatabaseDep, passwords: PasswordsDep, credentials: CurrentCredentials
) -> None:
    """Choose another password. Every token from before ends, also the one of this request: log in again."""
    await users.change_password(
        database,
        passwords,
        credentials=credentials,
        current=change.current_password.get_secret_value(),
        new=change.new_password.get_secret_value(),
    )


@router.delete(
    "/me",
    status_code=status.HTTP_204_NO_CONTENT,
    response_class=Response,
    responses=problems(400, 401, 413, 422, 429),
)
async def delete_me(
    deletion: AccountDeletion, database: DatabaseDep, passwords: PasswordsDep, credentials: CurrentCredentials
) -> None:
    """Delete your account, and with it all your posts and comments. There is no way back."""
    current = deletion.current_password.get_secret_value()
    await accounts.delete_account(database, passwords, credentials=credentials, current=current)


@router.get("", response_model=PageOf[Profile], responses=problems(422) | PAGE)
async def list_profiles(
    request: Request, database: DatabaseDep, limit: Limit = PAGE_LIMIT_DEFAULT, cursor: Cursor = None
) -> Response:
    """Everybody, the newest account first."""
    profiles = await users.list_profiles(database, limit=limit, cursor=cursor)
    return page_response(request, PROFILE_PAGE, profiles)


@router.get("/{user_id}", response_model=Profile, responses=problems(404, 422))
async def read_profile(user_id: Id, database: DatabaseDep) -> dict[str, Any]:
    """Somebody's public profile."""
    return await users.read_profile(database, user_id=user_id)
