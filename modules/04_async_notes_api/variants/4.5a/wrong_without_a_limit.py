"""As many threads as the pool has: forty bcrypts at once."""

import bcrypt
from anyio import to_thread


async def hash_password(plain: str, *, rounds: int) -> str:
    return (await to_thread.run_sync(bcrypt.hashpw, plain.encode(), bcrypt.gensalt(rounds))).decode()
