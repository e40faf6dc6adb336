"""Where things lie."""

import os
from pathlib import Path

from course.errors import CourseError

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
