"""The session is closed by hand before bcrypt, and the count comes last."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.errors import WrongCredentials
from app.models import User
from app.schemas.auth import normalise_email
from app.services import login_attempts
from app.services.users_service import is_password_of


async def log_in(
    sessionmaker: async_sessionmaker[AsyncSession], *, email: str, password: str, address: str, rounds: int
) -> User:
    """The active user with this e-mail and this password. Raises WrongCredentials, and after many TooManyAttempts.

    A wrong e-mail gets the same answer as a wrong password, after the same time. Otherwise anybody could find out
    who has an account here. No connection is held while bcrypt works.
    """
    try:
        email = normalise_email(email)
        query = select(User).where(User.email == email).where(User.is_active.is_(True))
    except ValueError:
        email, query = email.casefold(), None
    key = login_attempts.key_of(email, address)
    session = sessionmaker()
    try:
        await login_attempts.check(session, key)
        user = None if query is None else (await session.scalars(query)).one_or_none()
    finally:
        await session.close()
    fits = await is_password_of(user, password, rounds=rounds)
    if user is not None and fits:
        await login_attempts.forget(sessionmaker, key)
        return user
    await login_attempts.count_wrong(sessionmaker, key)
    raise WrongCredentials
