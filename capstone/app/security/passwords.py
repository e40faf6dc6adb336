"""Passwords: how a user proves who they are."""

import bcrypt
from anyio import CapacityLimiter, to_thread

# bcrypt is slow on purpose. With two at a time, a rush of logins does not take every core from the other requests.
hashing_limiter = CapacityLimiter(2)


async def hash_password(plain: str, *, rounds: int) -> str:
    """Return the password's bcrypt hash, computed in a thread, under `hashing_limiter`."""
    hashed = await to_thread.run_sync(bcrypt.hashpw, plain.encode(), bcrypt.gensalt(rounds), limiter=hashing_limiter)
    return hashed.decode()


async def verify_password(plain: str, hashed: str) -> bool:
    """Return whether this is the password behind the hash, computed in a thread, under `hashing_limiter`."""
    return await to_thread.run_sync(bcrypt.checkpw, plain.encode(), hashed.encode(), limiter=hashing_limiter)
