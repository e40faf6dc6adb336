"""What endpoints ask for by type. A rule such as "only its author may change it" stands here once, and has a name."""

import re
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Path, Query, Request
from fastapi.security import OAuth2PasswordBearer
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError
from sqlalchemy.ext.asyncio import AsyncSession

from app.database.session import Database
from app.errors import Unauthenticated
from app.limits import ID_MAX, PAGE_LIMIT_MAX, SEARCH_MAX
from app.models import Comment, Post, User
from app.schemas.common import Text
from app.security.clients import client_address
from app.security.passwords import Passwords
from app.security.tokens import Bearer, Tokens
from app.services import accounts, comments, posts, users
from app.services.accounts import Credentials


def _check_decimal(text: object) -> object:
    """Refuse what Python takes for a number too: white space around it, +1, 1_0, digits of other scripts, 01."""
    if isinstance(text, str) and not re.fullmatch(r"[1-9][0-9]*", text):
        raise PydanticCustomError("id", "An id is decimal digits without a leading zero")
    return text


Decimal = BeforeValidator(_check_decimal)
Id = Annotated[int, Path(ge=1, le=ID_MAX, examples=[17]), Decimal]
Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX, examples=[20])]
Cursor = Annotated[
    str | None, Query(description="`next_cursor` of the page before", examples=["MjAyNi0xMS0yOFQyMDoxNTowMFosMTc"])
]
AuthorFilter = Annotated[Annotated[int, Decimal] | None, Query(ge=1, le=ID_MAX, examples=[17])]
Search = Annotated[
    Text | None,
    Query(
        max_length=SEARCH_MAX,
        description='Words that must all be there, "a phrase", or, -without; blank finds all',
        examples=["river walk"],
    ),
]


# `async`, though it awaits nothing: FastAPI runs a dependency without it in a thread, which costs more than the rest.
async def get_database(request: Request) -> Database:
    """The database, for endpoints that only read, and for those that must not hold a connection all the time."""
    database: Database = request.app.state.database
    return database


DatabaseDep = Annotated[Database, Depends(get_database)]


async def get_session(database: DatabaseDep) -> AsyncIterator[AsyncSession]:
    """A transaction: committed when the endpoint returns, before the client has an answer; rolled back if it raises."""
    async with database.transaction() as session:
        yield session


# scope="function" ends the transaction before the response is sent. With the default scope a COMMIT that fails would
# come after the client has read "201 Created".
SessionDep = Annotated[AsyncSession, Depends(get_session, scope="function")]


async def get_passwords(request: Request) -> Passwords:
    """The hasher of passwords."""
    passwords: Passwords = request.app.state.passwords
    return passwords


async def get_tokens(request: Request) -> Tokens:
    """The issuer of tokens."""
    tokens: Tokens = request.app.state.tokens
    return tokens


PasswordsDep = Annotated[Passwords, Depends(get_passwords)]
TokensDep = Annotated[Tokens, Depends(get_tokens)]


async def get_client_address(request: Request) -> str:
    """Where the request comes from, past the proxies that we trust."""
    return client_address(request, request.app.state.trusted_proxies)


ClientAddress = Annotated[str, Depends(get_client_address)]

bearer_token = OAuth2PasswordBearer(tokenUrl="/auth/login", auto_error=False)


async def get_bearer(tokens: TokensDep, token: Annotated[str | None, Depends(bearer_token)]) -> Bearer:
    """Whom the token that came with the request names, before the database was asked. Raises Unauthenticated."""
    if not token:
        raise Unauthenticated("This needs an access token; log in to get one.")
    return tokens.read(token)


BearerDep = Annotated[Bearer, Depends(get_bearer)]


async def get_current_user(request: Request, session: SessionDep, bearer: BearerDep) -> User:
    """The user whose token came with the request. Raises Unauthenticated."""
    user = await users.read_active(session, bearer=bearer)
    request.state.user_id = user.id
    return user


async def get_credentials(
    request: Request, database: DatabaseDep, bearer: BearerDep, address: ClientAddress
) -> Credentials:
    """That user's credentials, for an endpoint that asks for the password too. Raises Unauthenticated."""
    credentials = await accounts.read_credentials(database, bearer=bearer, address=address)
    request.state.user_id = bearer.user_id
    return credentials


CurrentUser = Annotated[User, Depends(get_current_user)]
CurrentCredentials = Annotated[Credentials, Depends(get_credentials)]


async def get_owned_post(post_id: Id, session: SessionDep, user: CurrentUser) -> Post:
    """The post, if it is the caller's own. Raises NotFound or Forbidden."""
    return await posts.get_owned(session, post_id=post_id, user=user)


async def get_own_comment(comment_id: Id, session: SessionDep, user: CurrentUser) -> Comment:
    """The comment, if the caller wrote it. Raises NotFound or Forbidden."""
    return await comments.get_own(session, comment_id=comment_id, user=user)


async def get_deletable_comment(comment_id: Id, session: SessionDep, user: CurrentUser) -> Comment:
    """The comment, if the caller wrote it or the post that it stands under. Raises NotFound or Forbidden."""
    return await comments.get_deletable(session, comment_id=comment_id, user=user)


OwnedPost = Annotated[Post, Depends(get_owned_post)]
OwnComment = Annotated[Comment, Depends(get_own_comment)]
DeletableComment = Annotated[Comment, Depends(get_deletable_comment)]
