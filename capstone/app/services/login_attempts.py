"""How many wrong passwords somebody has tried, on whatever worker or replica, and when that is too many.

One is counted after it was compared and before the answer is given: however many are tried at once, only the first ten
hear that they are wrong. Right passwords are never counted: somebody may log in from twenty tabs at once.
"""

import hashlib
import math
from datetime import timedelta

from sqlalchemy import case, delete, extract, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.errors import TooManyAttempts
from app.models import LOGIN_ATTEMPTS

WRONG_PASSWORDS_MAX = 10  # for one e-mail from one client address
WRONG_PASSWORDS_MINUTES = 15
CLEARED_AT_ONCE = 100

ROW = LOGIN_ATTEMPTS.c
NEW_END = func.now() + timedelta(minutes=WRONG_PASSWORDS_MINUTES)
LASTS = ROW.ends_at > func.now()
SECONDS_LEFT = extract("epoch", ROW.ends_at - func.now()).label("seconds")
# SKIP LOCKED: what clears a row away waits for nobody, as it holds a row that others may wait for.
PASSED = select(ROW.key).where(~LASTS).order_by(ROW.ends_at).limit(CLEARED_AT_ONCE).with_for_update(skip_locked=True)
CLEAR = delete(LOGIN_ATTEMPTS).where(ROW.key.in_(PASSED))


def key_of(email: str, address: str) -> bytes:
    """Return what the attempts for an e-mail from a client's address are counted under."""
    return hashlib.sha256(f"{address} {email}".encode(errors="replace")).digest()


async def check(session: AsyncSession, key: bytes) -> None:
    """Raise TooManyAttempts if there were too many wrong passwords."""
    seconds = await session.scalar(select(SECONDS_LEFT).where(ROW.key == key, LASTS, ROW.wrong >= WRONG_PASSWORDS_MAX))
    if seconds is not None:
        raise TooManyAttempts(math.ceil(seconds))


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
        counted = (await session.execute(count)).one()
        if counted.wrong == 1:
            await session.execute(CLEAR)  # a new row clears old ones away: the table keeps to the windows that last
    if counted.wrong > WRONG_PASSWORDS_MAX:
        raise TooManyAttempts(math.ceil(counted.seconds))


async def forget(sessionmaker: async_sessionmaker[AsyncSession], key: bytes) -> None:
    """Forget the wrong passwords before a right one. Raises TooManyAttempts if there were too many by now."""
    few = or_(~LASTS, ROW.wrong < WRONG_PASSWORDS_MAX)
    async with sessionmaker.begin() as session:
        await session.execute(delete(LOGIN_ATTEMPTS).where(ROW.key == key, few))
        await check(session, key)  # a statement of its own: it sees what the first has waited for
