"""People: how they register and log in, and what they and others may see of them."""

from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.database.pagination import Page, listing, read_page
from app.database.session import Database, violated_constraint
from app.emails import normalise_email
from app.errors import EmailTaken, NotFound, Unauthenticated, WrongCredentials
from app.limits import DISPLAY_NAME_MAX
from app.models import User
from app.security.passwords import Passwords
from app.security.tokens import BAD_TOKEN_DETAIL, Bearer
from app.services import login_attempts
from app.services.accounts import BEARER, Credentials, check_password

PROFILES = select(User.id, User.display_name, User.created_at, User.post_count)
PROFILE = PROFILES.where(User.id == bindparam("id"))
ALL_PROFILES = listing("users", PROFILES, (User.created_at, User.id), newest_first=True)
CREDENTIALS = select(User.id, User.hashed_password, User.token_version).where(
    User.email == bindparam("email"), User.is_active
)


async def register(database: Database, passwords: Passwords, *, email: str, password: str) -> User:
    """Make an account. Its display name starts as the part of the e-mail before the @.

    Takes the database and no session, because hashing comes first and takes long: a transaction that waited for it
    would hold a connection. Raises EmailTaken; the unique constraint decides, so there is no moment between a check
    and the insert.
    """
    user = User(
        email=normalise_email(email),
        hashed_password=await passwords.hash(password),
        display_name=email.partition("@")[0][:DISPLAY_NAME_MAX],
    )
    try:
        async with database.transaction() as session:
            session.add(user)
    except IntegrityError as error:
        if violated_constraint(error) == "uq_users_email":
            raise EmailTaken from error
        raise
    return user


async def log_in(database: Database, passwords: Passwords, *, email: str, password: str, address: str) -> Bearer:
    """Return the active user whose e-mail and password these are, for a token to name. `address` is the client's.

    Raises WrongCredentials, the same and after the same time whatever is wrong, and TooManyAttempts after too many of
    those. No connection is held while hashing: twenty logins would empty the pool.
    """
    found = None
    try:
        email, possible = normalise_email(email), True
    except ValueError:
        email, possible = email.casefold(), False  # nobody's, and it may hold what PostgreSQL can't store
    attempts = login_attempts.key_of(email, address)
    async with database.read() as connection:
        await login_attempts.check(connection, attempts)
        if possible:
            found = (await connection.execute(CREDENTIALS, {"email": email})).one_or_none()
    if not await passwords.verify(password, found.hashed_password if found else None) or not found:
        await login_attempts.count_wrong(database, attempts)
        raise WrongCredentials
    await login_attempts.forget(database, attempts)
    return Bearer(found.id, found.token_version)


async def read_active(session: AsyncSession, *, bearer: Bearer) -> User:
    """Return the user whom a token names.

    Raises Unauthenticated if they are gone, may not come in any more, or changed the password since.
    """
    values = {"id": bearer.user_id, "version": bearer.version}
    user = (await session.scalars(BEARER, values)).one_or_none()
    if user is None:
        raise Unauthenticated(BAD_TOKEN_DETAIL)
    return user


async def change_password(
    database: Database, passwords: Passwords, *, credentials: Credentials, current: str, new: str
) -> None:
    """Change the password of somebody who knows the current one.

    Every token issued before ends with it. Of two changes at once the first is made: it ends the token of the second.
    Raises what `check_password` raises, and Unauthenticated if the token ended or the account went meanwhile.
    """
    await check_password(database, passwords, credentials=credentials, password=current)
    bearer = credentials.bearer
    statement = (
        update(User)
        .where(User.id == bearer.user_id, User.token_version == bearer.version, User.is_active)
        .values(hashed_password=await passwords.hash(new), token_version=User.token_version + 1)
        .returning(User.id)
    )
    async with database.transaction() as session:
        if await session.scalar(statement) is None:
            raise Unauthenticated(BAD_TOKEN_DETAIL)


async def rename(session: AsyncSession, *, user: User, **changes: str) -> User:
    """Change the user's `display_name`. Raises Unauthenticated if the account was deleted meanwhile."""
    statement = update(User).where(User.id == user.id).values(**changes).returning(User)
    renamed = (await session.scalars(statement, execution_options={"populate_existing": True})).one_or_none()
    if renamed is None:
        raise Unauthenticated("The account is gone.")
    return renamed


async def list_profiles(database: Database, *, limit: int, cursor: str | None) -> Page:
    """Return a page of everybody's public profiles, the newest account first."""
    async with database.read() as connection:
        rows, next_cursor = await read_page(connection, ALL_PROFILES, limit=limit, cursor=cursor)
    return Page([_profile(row) for row in rows], next_cursor)


async def read_profile(database: Database, *, user_id: int) -> dict[str, Any]:
    """Return one public profile. Raises NotFound."""
    async with database.read() as connection:
        row = (await connection.execute(PROFILE, {"id": user_id})).one_or_none()
    if row is None:
        raise NotFound("user", user_id)
    return _profile(row)


def _profile(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    return {
        "id": row.id,
        "display_name": row.display_name,
        "created_at": row.created_at,
        "post_count": row.post_count,
    }
