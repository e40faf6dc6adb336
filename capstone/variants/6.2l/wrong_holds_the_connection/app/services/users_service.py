"""bcrypt works while the session holds its connection."""

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
        email, possible = normalise_email(email), True
    except ValueError:
        email, possible = email.casefold(), False
    attempts = login_attempts.key_of(email, address)
    async with sessionmaker() as session:
        await login_attempts.check(session, attempts)
        user = await session.scalar(select(User).where(User.email == email, User.is_active)) if possible else None
        right = await is_password_of(user, password, rounds=rounds)
    if not right or user is None:
        await login_attempts.count_wrong(sessionmaker, attempts)
        raise WrongCredentials
    await login_attempts.forget(sessionmaker, attempts)
    return user
