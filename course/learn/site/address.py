"""Where the site is served, for the commands that lead to its pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from course.machine import locks
from course.machine.material import lessons
from course.machine.material.lessons import FRONT, Page
from course.paths import home


def _note() -> Path:
    return home() / "site-address"


def _lock() -> Path:
    return home() / "site.lock"


@contextmanager
def noted(address: str) -> Iterator[str]:
    """Let other commands know where the site is, for the length of the block."""
    with locks.held(_lock()):
        _note().write_text(address, encoding="utf-8")
        try:
            yield address
        finally:
            _note().unlink(missing_ok=True)


def running() -> str | None:
    """Where the site is served at this moment, if it is: whoever serves it holds the lock."""
    if not _note().exists():
        return None
    if lock := locks.try_acquire(_lock()):
        lock.release()
        return None
    return _note().read_text(encoding="utf-8")


def place(page: Page, heading: str) -> str:
    """Where a heading of a lesson is to be read: its address on the site that is served, or its page's path."""
    if not (site := running()):
        return page.path
    folder = page.path.removesuffix(FRONT) if page.name == FRONT else f"{page.path.removesuffix('.md')}/"
    anchor = "" if heading == page.title else f"#{lessons.anchor(heading)}"
    return f"{site}{folder}{anchor}"
