"""Old rows are cleared away each time, and the numbers are read by name."""

import math

from sqlalchemy import case
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.errors import TooManyAttempts
from app.models import LOGIN_ATTEMPTS
from app.services.login_attempts import CLEAR, LASTS, NEW_END, ROW, SECONDS_LEFT, WRONG_PASSWORDS_MAX


async def count_wrong(sessionmaker: async_sessionmaker[AsyncSession], key: bytes) -> None:
    """Count a wrong password. Raises TooManyAttempts if there were too many before this one.

    The first one opens a window. The database adds the numbers up in one statement, which no other can come between.
    """
    new = insert(LOGIN_ATTEMPTS).values(key=key, wrong=1, ends_at=NEW_END)
    count = new.on_conflict_do_update(
        index_elements=[ROW.key],
        set_={"wrong": case((LASTS, ROW.wrong + 1), else_=1), "ends_at": case((LASTS, ROW.ends_at), else_=NEW_END)},
    ).returning(ROW.wrong, SECONDS_LEFT)
    async with sessionmaker.begin() as session:
        wrong, seconds = (await session.execute(count)).one()
        await session.execute(CLEAR)  # a new row clears old ones away: the table keeps to the windows that last
    if wrong > WRONG_PASSWORDS_MAX:
        raise TooManyAttempts(math.ceil(seconds))
