"""A repository that `course eject` has made: its own dev.py knows where its database is."""

import os
import re
import sys
from pathlib import Path

from course import environment
from course.errors import CourseError
from course.machine import processes
from course.stages import STAGES

EMPTY = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"


def meant(what: str) -> Path | None:
    """The repository that is meant: the folder that is named, or else the one that this is called in; None for a stage.

    Raises CourseError for a folder that is no such repository.
    """
    if what in {stage.id for stage in STAGES}:
        return None
    folder = Path(what or ".").resolve()
    if (folder / "dev.py").exists() and (folder / "deployment.toml").exists():
        return folder
    if what and folder.is_dir():
        raise CourseError(f"{what} was not made by `course eject`: it has no dev.py and no deployment.toml.")
    return None


def dev(folder: Path, *words: str) -> int:
    """Run one command of its dev.py, and return the exit code."""
    return processes.run([sys.executable, str(folder / "dev.py"), *words], env=environment.child())


def empty(folder: Path) -> int:
    """Drop all tables of its own server. Raises CourseError where DATABASE_URL names a database of somebody else."""
    env = folder / ".env"
    written = env.exists() and re.search(r"^DATABASE_URL=.", env.read_text(encoding="utf-8"), re.MULTILINE)
    if written or os.environ.get("DATABASE_URL"):
        raise CourseError("DATABASE_URL names a database that dev.py did not make: empty it yourself.")
    return dev(folder, "psql", "--quiet", "--command", EMPTY)
