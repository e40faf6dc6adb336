"""A lock between processes, which the system itself opens when its holder ends, however it ends."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

POLL_SECONDS = 0.1

if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class FileLock:
    """A lock that one process at a time holds on a file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[bytes] | None = None

    def try_acquire(self) -> bool:
        """Take the lock if it is free; say whether it was."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = self.path.open("ab")
        try:
            _lock(file)
        except OSError:
            file.close()
            return False
        self._file = file
        return True

    def release(self, *, remove: bool = False) -> None:
        """Open the lock, and remove its file if nobody can be waiting for it."""
        if self._file is None:
            return
        # Windows removes no open file; elsewhere the file must go while it is still locked.
        if remove and os.name != "nt":
            self.path.unlink(missing_ok=True)
        self._file.close()
        self._file = None
        if remove and os.name == "nt":
            self.path.unlink(missing_ok=True)


@contextmanager
def held(path: Path, *, on_wait: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Hold the lock on `path`; `on_wait` is called once if another process has it first."""
    lock = FileLock(path)
    if not lock.try_acquire():
        on_wait()
        while not lock.try_acquire():
            time.sleep(POLL_SECONDS)
    try:
        yield
    finally:
        lock.release()
