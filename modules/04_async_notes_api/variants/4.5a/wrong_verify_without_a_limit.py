"""Hashes two at a time, and verifies as many at once as there are logins."""

import bcrypt
from anyio import to_thread

from core.auth import hashing_limiter


async def hash_password(plain: str, *, rounds: int) -> str:
    salt = bcrypt.gensalt(rounds)
    return (await to_thread.run_sync(bcrypt.hashpw, plain.encode(), salt, limiter=hashing_limiter)).decode()


async def verify_password(plain: str, hashed: str) -> bool:
    return await to_thread.run_sync(bcrypt.checkpw, plain.encode(), hashed.encode())
