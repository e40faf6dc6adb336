"""It asks first whether the e-mail is free: whoever registers it at this moment is not seen."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.core.errors import Conflict, InvalidToken, WrongCredentials
from app.core.security import hash_password, verify_password
from app.models import User
from app.schemas.auth import fits_bcrypt, normalise_email


async def register(session: AsyncSession, *, email: str, password: str, rounds: int) -> User:
    """Make an account. Raises Conflict if the e-mail is taken.

    There is no check first whether the e-mail is free: between the check and the insert another request could take
    it. The database's unique constraint decides, and we translate what it says.
    """
    hashed_password = await hash_password(password, rounds=rounds)  # before the session takes a connection
    user = User(email=email, hashed_password=hashed_password)
    if await session.scalar(select(User).where(User.email == email)):
        raise Conflict("This e-mail is already registered")
    session.add(user)
    await session.flush()
    return user


async def log_in(sessionmaker: async_sessionmaker[AsyncSession], *, email: str, password: str, rounds: int) -> User:
    """The active user with this e-mail and this password. Raises WrongCredentials.

    A wrong e-mail gets the same answer as a wrong password, after the same time. Otherwise anybody could find out
    who has an account here. The session is closed before bcrypt works: bcrypt takes long, and other requests need
    the connection.
    """
    try:
        email, password = normalise_email(email), fits_bcrypt(password)
    except ValueError:  # nobody can have registered with these
        await hash_password("", rounds=rounds)  # not this password: bcrypt may be unable to read it
        raise WrongCredentials from None
    async with sessionmaker() as session:
        user = await session.scalar(select(User).where(User.email == email, User.is_active))
    if user is None:
        await hash_password(password, rounds=rounds)  # for nothing but the time that it takes
        raise WrongCredentials
    if not await verify_password(password, user.hashed_password):
        raise WrongCredentials
    return user


async def find_active(session: AsyncSession, *, user_id: int | None) -> User:
    """The user whom a token speaks for. A good token may outlive its user, so we look. Raises InvalidToken."""
    user = await session.get(User, user_id) if user_id is not None else None
    if user is None or not user.is_active:
        raise InvalidToken
    return user
