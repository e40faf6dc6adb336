"""The work as a function of its own, and the salt made in the thread, too."""

import bcrypt
from anyio import to_thread

from core.auth import hashing_limiter


async def hash_password(plain: str, *, rounds: int) -> str:
    def work() -> str:
        return bcrypt.hashpw(plain.encode(), bcrypt.gensalt(rounds=rounds)).decode()

    return await to_thread.run_sync(work, limiter=hashing_limiter)


async def verify_password(plain: str, hashed: str) -> bool:
    return await to_thread.run_sync(lambda: bcrypt.checkpw(plain.encode(), hashed.encode()), limiter=hashing_limiter)
