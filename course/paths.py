"""Where things lie."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def home() -> Path:
    """The folder of what the course makes on this machine and git ignores: database, secret, locks.

    `.course/` in the repository, unless COURSE_HOME names another: a network drive can't hold a database.
    """
    folder = Path(os.environ.get("COURSE_HOME") or ROOT / ".course").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder
