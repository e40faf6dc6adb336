"""Users: how they register, log in, and are known again; and what they and others may see of them."""

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import make_transient_to_detached

from app.database.faults import violated_constraint
from app.database.pagination import Page, PageParams, keyset, read_page
from app.database.reader import AnyRow, Reader
from app.errors import Conflict, InvalidToken, NotFound, WrongCredentials
from app.models import User
from app.models.user import DISPLAY_NAME_MAX
from app.schemas.auth import fits_bcrypt, normalise_email
from app.security.passwords import hash_password, verify_password
from app.security.tokens import Bearer
from app.services import login_attempts

PROFILES = select(User.id, User.display_name, User.created_at, User.post_count)  # and never the password's hash
PROFILE = PROFILES.where(User.id == bindparam("user_id"))
ACTIVE_USER = select(User).where(
    User.id == bindparam("user_id"), User.is_active, User.token_version == bindparam("version")
)


async def register(session: AsyncSession, *, email: str, password: str, rounds: int) -> User:
    """Make an account. Its display name starts as the part before the @. Raises Conflict if the e-mail is taken.

    There is no check first whether the e-mail is free: between the check and the insert another request could take
    it. The database's unique constraint decides, and we translate what it says.
    """
    hashed_password = await hash_password(password, rounds=rounds)  # before the session takes a connection
    display_name = email.partition("@")[0][:DISPLAY_NAME_MAX]
    user = User(email=normalise_email(email), hashed_password=hashed_password, display_name=display_name)
    try:
        async with session.begin_nested():
            session.add(user)
    except IntegrityError as error:
        if violated_constraint(error) == "uq_users_email":
            raise Conflict("An account with this e-mail exists already.") from error
        raise
    return user


async def is_password_of(user: User | None, password: str, *, rounds: int) -> bool:
    """Say whether this is the user's password. It takes as long if there is no user, or if it can be nobody's."""
    try:
        fits_bcrypt(password)
    except ValueError:
        user = None
    if user is None:
        await hash_password("", rounds=rounds)  # for nothing but the time that it takes
        return False
    return await verify_password(password, user.hashed_password)


async def log_in(
    sessionmaker: async_sessionmaker[AsyncSession], *, email: str, password: str, address: str, rounds: int
) -> User:
    """The active user with this e-mail and this password. Raises WrongCredentials, and after many TooManyAttempts.

    A wrong e-mail gets the same answer as a wrong password, after the same time. Otherwise anybody could find out
    who has an account here. No connection is held while bcrypt works.
    """
    try:
        email, possible = normalise_email(email), True
    except ValueError:  # nobody can have registered with it
        email, possible = email.casefold(), False
    attempts = login_attempts.key_of(email, address)
    async with sessionmaker() as session:
        await login_attempts.check(session, attempts)
        user = await session.scalar(select(User).where(User.email == email, User.is_active)) if possible else None
    if not await is_password_of(user, password, rounds=rounds) or user is None:
        await login_attempts.count_wrong(sessionmaker, attempts)
        raise WrongCredentials
    await login_attempts.forget(sessionmaker, attempts)
    return user


async def find_active(reader: Reader, *, bearer: Bearer) -> User:
    """The user whom a token speaks for. Raises InvalidToken if it has outlived its user, or the password."""
    found = await reader.rows(ACTIVE_USER, user_id=bearer.user_id, version=bearer.version)
    if not found:
        raise InvalidToken
    user = User(**found[0]._mapping)
    make_transient_to_detached(user)  # or a session would take this user for a new one
    return user


async def change_user(session: AsyncSession, *, user: User, **changes: str) -> User:
    """Change the user's `display_name`. Raises InvalidToken if the account was deleted meanwhile."""
    statement = update(User).where(User.id == user.id).values(**changes).returning(User)
    changed = await session.scalar(statement)
    if changed is None:
        raise InvalidToken
    return changed


async def list_users(reader: Reader, *, params: PageParams) -> Page:
    """A page of all users, the newest account first."""
    return await read_page(reader, keyset(PROFILES, User, newest_first=True), params)


async def read_user(reader: Reader, *, user_id: int) -> AnyRow:
    """One user. Raises NotFound."""
    found = await reader.rows(PROFILE, user_id=user_id)
    if not found:
        raise NotFound(f"There is no user {user_id}.")
    return found[0]
