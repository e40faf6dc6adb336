"""Servers whose starter was killed: noted beside a lock that the starter holds, and ended by who finds it open."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from course.machine import locks


def note(lock_file: Path, pid: int, about: str) -> None:
    """Note a server beside the lock that this process holds, and a word about it."""
    import psutil

    with suppress(psutil.Error):
        created = psutil.Process(pid).create_time()  # with its number, a process's identity
        _note(lock_file).write_text(f"{pid} {created} {about}", encoding="utf-8")


def forget(lock_file: Path) -> None:
    """Remove the note of a server that has ended."""
    _note(lock_file).unlink(missing_ok=True)


def living(folder: Path, clear: Callable[[str], object] = lambda about: None) -> dict[str, str]:
    """The locks in a folder that are held, each with the word about its server.

    The servers beside the others are ended on the way, and `clear` is told the word about each.
    """
    found = {}
    for path in sorted({path.with_suffix("") for path in folder.glob("*")}):
        if lock := locks.try_acquire(path):
            with suppress(FileNotFoundError, ValueError):
                clear(_end(_note(path)))
            forget(path)
            locks.remove(lock)
        else:
            with suppress(FileNotFoundError, ValueError):
                found[path.name] = ""
                found[path.name] = _read(_note(path))[2]
    return found


def _note(lock_file: Path) -> Path:
    return lock_file.with_suffix(".server")


def _read(path: Path) -> tuple[int, str, str]:
    pid, created, about = path.read_text(encoding="utf-8").split(maxsplit=2)
    return int(pid), created, about


def _end(path: Path) -> str:
    """End a server and all that it has started, unless its number is another process's by now."""
    import psutil

    pid, created, about = _read(path)
    with suppress(psutil.NoSuchProcess):
        orphan = psutil.Process(pid)
        if str(orphan.create_time()) == created:
            for process in [*orphan.children(recursive=True), orphan]:
                with suppress(psutil.Error):  # one that has ended meanwhile must not save the others
                    process.kill()
    return about
