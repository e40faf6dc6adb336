"""asyncio's own threads, behind a semaphore."""

import asyncio

import bcrypt

TWO_AT_ONCE = asyncio.Semaphore(2)


async def hash_password(plain: str, *, rounds: int) -> str:
    async with TWO_AT_ONCE:
        return (await asyncio.to_thread(bcrypt.hashpw, plain.encode("utf-8"), bcrypt.gensalt(rounds))).decode("ascii")


async def verify_password(plain: str, hashed: str) -> bool:
    async with TWO_AT_ONCE:
        return await asyncio.to_thread(bcrypt.checkpw, plain.encode("utf-8"), hashed.encode("ascii"))
