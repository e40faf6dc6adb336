"""The rounds that were asked for are forgotten."""

import bcrypt
from anyio import to_thread

from core.auth import hashing_limiter


async def hash_password(plain: str, *, rounds: int) -> str:
    return (
        await to_thread.run_sync(bcrypt.hashpw, plain.encode(), bcrypt.gensalt(4), limiter=hashing_limiter)
    ).decode()
