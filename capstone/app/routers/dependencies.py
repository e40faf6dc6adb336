"""What endpoints ask for by type. A rule such as "only its author may change it" stands here once, and has a name."""

from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.security import OAuth2PasswordBearer

from app.config.settings import Settings
from app.database.pagination import PageParams, from_cursor
from app.database.session import ReaderDep, SessionDep
from app.errors import InvalidToken
from app.models import Comment, Post, User
from app.schemas.common import NO_NUL, Id
from app.security.clients import client_address
from app.security.tokens import decode_access_token
from app.services import comments_service, posts_service, users_service

PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX = 20, 100
SEARCH_MAX = 200

Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX, examples=[20])]
Cursor = Annotated[
    str | None,
    Query(description="`next_cursor` of the page before", examples=["MjAyNi0xMS0yOFQyMDoxNTowMCswMDowMCwxNw"]),
]
Search = Annotated[
    str | None,
    Query(
        max_length=SEARCH_MAX,
        pattern=NO_NUL,
        description="Words that must all be there, or, -without; blank finds all",
        examples=["river walk"],
    ),
]

oauth2_scheme = OAuth2PasswordBearer(tokenUrl="/auth/login")


async def get_page_params(limit: Limit = PAGE_LIMIT_DEFAULT, cursor: Cursor = None) -> PageParams:
    """Which page is asked for."""
    try:
        return PageParams(limit, None if cursor is None else from_cursor(cursor))
    except ValueError as error:
        raise RequestValidationError([{"type": "cursor", "loc": ("query", "cursor"), "msg": str(error)}]) from error


async def get_settings(request: Request) -> Settings:
    """The settings that the app was made with."""
    settings: Settings = request.app.state.settings
    return settings


PageParamsDep = Annotated[PageParams, Depends(get_page_params)]
SettingsDep = Annotated[Settings, Depends(get_settings)]


async def get_client_address(request: Request, settings: SettingsDep) -> str:
    """Where the request comes from, past the proxies that we trust."""
    return client_address(request, settings.trusted_proxies)


async def get_current_user(
    token: Annotated[str, Depends(oauth2_scheme)], settings: SettingsDep, request: Request, reader: ReaderDep
) -> User:
    """The user whom the token speaks for. Raises InvalidToken. No connection is held, so an endpoint may hash."""
    bearer = decode_access_token(token, settings)
    if bearer is None:
        raise InvalidToken
    request.state.user_id = bearer.user_id  # for the log
    return await users_service.find_active(reader, bearer=bearer)


ClientAddress = Annotated[str, Depends(get_client_address)]
CurrentUser = Annotated[User, Depends(get_current_user)]


async def get_own_post(post_id: Id, user: CurrentUser, session: SessionDep) -> Post:
    """The post, if it is the caller's own. Raises NotFound or Forbidden."""
    return await posts_service.own_post(session, user=user, post_id=post_id)


async def get_own_comment(comment_id: Id, user: CurrentUser, session: SessionDep) -> Comment:
    """The comment, if the caller wrote it. Raises NotFound or Forbidden."""
    return await comments_service.own_comment(session, user=user, comment_id=comment_id)


async def get_deletable_comment(comment_id: Id, user: CurrentUser, session: SessionDep) -> Comment:
    """The comment, if the caller wrote it or the post that it stands under. Raises NotFound or Forbidden."""
    return await comments_service.deletable_comment(session, user=user, comment_id=comment_id)


OwnPost = Annotated[Post, Depends(get_own_post)]
OwnComment = Annotated[Comment, Depends(get_own_comment)]
DeletableComment = Annotated[Comment, Depends(get_deletable_comment)]
