"""Passwords, hashed."""

import anyio
import anyio.to_thread
import bcrypt

from app.config.settings import Settings
from app.limits import PASSWORD_BYTES_MAX


class Passwords:
    """Hashes passwords with bcrypt, in threads of its own: on the event loop one login would stop everybody."""

    def __init__(self, *, rounds: int, threads: int) -> None:
        self.rounds = rounds
        self.limiter = anyio.CapacityLimiter(threads)
        # Well-formed, of the same cost as a real one, and of no password.
        self.dummy_hash = bcrypt.gensalt(rounds).decode() + "." * 31

    async def hash(self, password: str) -> str:
        """Return the hash of a password of at most PASSWORD_BYTES_MAX bytes."""
        salt = bcrypt.gensalt(self.rounds)
        hashed = await anyio.to_thread.run_sync(bcrypt.hashpw, password.encode(), salt, limiter=self.limiter)
        return hashed.decode()

    async def verify(self, password: str, hashed: str | None) -> bool:
        """Say whether the password is the hashed one. It takes as long without a hash, or too long a password."""
        candidate = password.encode(errors="replace")
        matches = await anyio.to_thread.run_sync(
            bcrypt.checkpw,
            candidate[:PASSWORD_BYTES_MAX],
            (hashed or self.dummy_hash).encode(),
            limiter=self.limiter,
        )
        return matches and hashed is not None and len(candidate) <= PASSWORD_BYTES_MAX


def create_passwords(settings: Settings) -> Passwords:
    """Make the hasher that the settings ask for."""
    return Passwords(rounds=settings.bcrypt_rounds, threads=settings.bcrypt_threads)
