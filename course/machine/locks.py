"""Locks between processes, which the system itself opens when their holder ends, however it ends.

filelock is imported when a lock is first taken: not every command takes one, and not every environment has it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import FileLock


def _lock(path: Path) -> FileLock:
    from filelock import FileLock

    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path, thread_local=False, preserve_lock_file=True)


def try_acquire(path: Path) -> FileLock | None:
    """The lock on a file, taken, if it is free."""
    from filelock import Timeout

    lock = _lock(path)
    with suppress(Timeout):
        lock.acquire(blocking=False)
    return lock if lock.is_locked else None


def remove(lock: FileLock) -> None:
    """Open a lock that is held, and remove its file."""
    path = Path(lock.lock_file)
    if os.name != "nt":
        path.unlink(missing_ok=True)  # while it is locked: afterwards it may be another's
    lock.release()
    if os.name == "nt":
        with suppress(OSError):  # which removes no open file: it is another's by now
            path.unlink()


@contextmanager
def held(path: Path, *, on_wait: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Hold the lock on `path`; `on_wait` is called once if another process has it first."""
    lock = try_acquire(path)
    if lock is None:
        on_wait()
        lock = _lock(path)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
