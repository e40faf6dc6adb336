"""bcrypt runs on the event loop: everybody waits."""

import bcrypt


async def hash_password(plain: str, *, rounds: int) -> str:
    return bcrypt.hashpw(plain.encode(), bcrypt.gensalt(rounds)).decode()


async def verify_password(plain: str, hashed: str) -> bool:
    return bcrypt.checkpw(plain.encode(), hashed.encode())
