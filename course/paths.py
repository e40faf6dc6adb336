"""Where things lie."""

import os
from pathlib import Path

from course.errors import CourseError

FAR = 3  # folders up
ROOT = Path(__file__).resolve().parent.parent


def home() -> Path:
    """The folder of what the course makes on this machine and git ignores: database, secret, locks.

    `.course/` in the repository, unless COURSE_HOME names another: a network drive can't hold a database.
    """
    folder = Path(os.environ.get("COURSE_HOME") or ROOT / ".course").resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CourseError(
            f"The folder {folder} can't be made ({error.strerror}): set COURSE_HOME to a folder that you may write to."
        ) from error
    return folder


def from_here(path: Path) -> str:
    """A path as a terminal opens it on a click: from the current folder, unless that is far away."""
    try:
        relative = Path(os.path.relpath(path))
    except ValueError:  # Windows: another drive
        return str(path)
    return relative.as_posix() if relative.parts.count("..") <= FAR else str(path)
