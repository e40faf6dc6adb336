"""Each process counts for itself, and a restart forgets."""

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.errors import TooManyAttempts
from app.services.login_attempts import WRONG_PASSWORDS_MAX, WRONG_PASSWORDS_MINUTES

COUNTS: dict[bytes, int] = {}


async def count_wrong(sessionmaker: async_sessionmaker[AsyncSession], key: bytes) -> None:
    """Count a wrong password. Raises TooManyAttempts if there were too many before this one.

    The first one opens a window. The database adds the numbers up in one statement, which no other can come between.
    """
    COUNTS[key] = COUNTS.get(key, 0) + 1
    if COUNTS[key] > WRONG_PASSWORDS_MAX:
        raise TooManyAttempts(WRONG_PASSWORDS_MINUTES * 60)
