"""Two statements, and a row that is locked between them."""

import math

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.errors import TooManyAttempts
from app.models import LOGIN_ATTEMPTS
from app.services.login_attempts import CLEAR, LASTS, NEW_END, ROW, SECONDS_LEFT, WRONG_PASSWORDS_MAX


async def count_wrong(sessionmaker: async_sessionmaker[AsyncSession], key: bytes) -> None:
    """Count a wrong password. Raises TooManyAttempts if there were too many before this one.

    The first one opens a window. The database adds the numbers up in one statement, which no other can come between.
    """
    first = insert(LOGIN_ATTEMPTS).values(key=key, wrong=0, ends_at=NEW_END).on_conflict_do_nothing()
    row = select(ROW.wrong, LASTS.label("lasts")).where(ROW.key == key).with_for_update()
    async with sessionmaker.begin() as session:
        await session.execute(first)
        found = (await session.execute(row)).one()
        values = {"wrong": found.wrong + 1} if found.lasts else {"wrong": 1, "ends_at": NEW_END}
        change = update(LOGIN_ATTEMPTS).where(ROW.key == key).values(**values).returning(SECONDS_LEFT)
        seconds = await session.scalar(change)
        if values["wrong"] == 1:
            await session.execute(CLEAR)
    if values["wrong"] > WRONG_PASSWORDS_MAX:
        raise TooManyAttempts(math.ceil(seconds))
