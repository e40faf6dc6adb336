"""Forty guesses at once all read the same number."""

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.errors import TooManyAttempts
from app.models import LOGIN_ATTEMPTS
from app.services.login_attempts import LASTS, NEW_END, ROW, WRONG_PASSWORDS_MAX, WRONG_PASSWORDS_MINUTES


async def count_wrong(sessionmaker: async_sessionmaker[AsyncSession], key: bytes) -> None:
    """Count a wrong password. Raises TooManyAttempts if there were too many before this one.

    The first one opens a window. The database adds the numbers up in one statement, which no other can come between.
    """
    async with sessionmaker.begin() as session:
        wrong = await session.scalar(select(ROW.wrong).where(ROW.key == key, LASTS)) or 0
        await session.execute(delete(LOGIN_ATTEMPTS).where(ROW.key == key))
        new = insert(LOGIN_ATTEMPTS).values(key=key, wrong=wrong + 1, ends_at=NEW_END)
        await session.execute(new.on_conflict_do_nothing())
    if wrong >= WRONG_PASSWORDS_MAX:
        raise TooManyAttempts(WRONG_PASSWORDS_MINUTES * 60)
