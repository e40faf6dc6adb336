"""Your own account, and everybody's public profile."""

from fastapi import APIRouter, Request, Response, status

from app.database.session import ReaderDep, SessionDep, SessionmakerDep
from app.routers.dependencies import ClientAddress, CurrentUser, PageParamsDep, SettingsDep
from app.schemas.auth import AccountDeletion, PasswordChange
from app.schemas.common import Id, PageOf
from app.schemas.users import Me, Profile, UserPatch
from app.services import accounts_service, users_service
from app.web.responses import PAGE, page_of, problems

router = APIRouter(prefix="/users", tags=["users"])


@router.get("/me", responses=problems(401))
async def read_me(user: CurrentUser) -> Me:
    """Your own account."""
    return Me.model_validate(user)


@router.patch("/me", responses=problems(401, 413, 422))
async def change_me(changes: UserPatch, user: CurrentUser, session: SessionDep) -> Me:
    """Give yourself another name."""
    return Me.model_validate(await users_service.change_user(session, user=user, **changes))


@router.put("/me/password", status_code=status.HTTP_204_NO_CONTENT, responses=problems(400, 401, 413, 422, 429))
async def change_my_password(
    change: PasswordChange,
    user: CurrentUser,
    session: SessionDep,
    sessionmaker: SessionmakerDep,
    address: ClientAddress,
    settings: SettingsDep,
) -> None:
    """Choose another password. Every token from before ends, also the one of this request: log in again."""
    rounds = settings.bcrypt_rounds
    await accounts_service.check_password(
        sessionmaker, user=user, password=change.current_password, address=address, rounds=rounds
    )
    await accounts_service.change_password(session, user=user, password=change.new_password, rounds=rounds)


@router.delete("/me", status_code=status.HTTP_204_NO_CONTENT, responses=problems(400, 401, 413, 422, 429))
async def delete_me(
    deletion: AccountDeletion,
    user: CurrentUser,
    session: SessionDep,
    sessionmaker: SessionmakerDep,
    address: ClientAddress,
    settings: SettingsDep,
) -> None:
    """Delete your account, and with it all your posts and comments. There is no way back."""
    await accounts_service.check_password(
        sessionmaker,
        user=user,
        password=deletion.current_password,
        address=address,
        rounds=settings.bcrypt_rounds,
    )
    await accounts_service.delete_account(session, user=user)


@router.get("", responses=problems(422) | PAGE)
async def list_users(reader: ReaderDep, params: PageParamsDep, request: Request, response: Response) -> PageOf[Profile]:
    """Everybody, the newest account first."""
    return page_of(PageOf[Profile], await users_service.list_users(reader, params=params), request, response)


@router.get("/{user_id}", responses=problems(404, 422))
async def read_user(user_id: Id, reader: ReaderDep) -> Profile:
    """Somebody's public profile."""
    return Profile.model_validate(await users_service.read_user(reader, user_id=user_id))
