"""The repository that is deployed: the course's own, or one that a learner has made of their blog."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from course.deploy.rehearsal.plan import FILE, parse
from course.errors import CourseError
from course.machine import git
from course.machine.migrations import VERSIONS
from course.paths import ROOT


@dataclass(frozen=True)
class Repository:
    """A git repository, by its root."""

    root: Path

    @classmethod
    def find(cls, named: Path | None = None) -> "Repository":
        """The one in the folder that is named; else the one that this was called in; else the course's own.

        Raises CourseError if the folder is no repository, or only a part of one: a host deploys commits.
        """
        if named is None:
            here = cls(Path.cwd())
            return here if (here.root / FILE).exists() and here.is_one() else cls(ROOT)
        chosen = cls(named.resolve())
        if not chosen.root.is_dir():
            raise CourseError(f"There is no folder {named}.")
        if not chosen.is_one():
            raise CourseError(
                f"{named} is not the root of a git repository, and a host deploys commits: run "
                f'`git init`, `git add .` and `git commit -m "Begin"` in it.'
            )
        return chosen

    def is_one(self) -> bool:
        """Is this the root of a repository, and not a folder of another one?"""
        try:
            return Path(os.fsdecode(self.git("rev-parse", "--show-toplevel").strip())).samefile(self.root)
        except CourseError:
            return False

    def git(self, *arguments: str, **env: str) -> bytes:
        return git.output(self.root, *arguments, **env)

    def commit_id(self, name: str) -> str:
        return self.git("rev-parse", "--verify", "--short=12", f"{name}^{{commit}}").decode().strip()

    def uncommitted(self) -> int:
        """How many files differ from HEAD, and are therefore not deployed."""
        return len(self.git("status", "--porcelain").decode(errors="replace").splitlines())

    def check_out(self, commit: str, folder: Path) -> None:
        """Write the files of a commit into a new folder, with nothing of git around them."""
        with tempfile.TemporaryDirectory() as scratch:
            index = str(Path(scratch) / "index")  # of its own: the clone's index and files stay as they are
            self.git("read-tree", commit, GIT_INDEX_FILE=index)
            self.git("checkout-index", "--all", f"--prefix={folder.absolute().as_posix()}/", GIT_INDEX_FILE=index)

    def commit_before_newest_migration(self) -> str | None:
        """The newest commit of the main line without HEAD's newest migration, if that could be deployed too."""
        migrations = self._migrations("HEAD")
        # What was deployed is on the main line: a commit of a merged branch never was.
        line = ("log", "-1", "-m", "--first-parent", "--diff-filter=A", "--format=%H")
        added = self.git(*line, "--", migrations).decode().strip()
        try:
            self.git("cat-file", "-e", f"{added}^:{self._migrations(f'{added}^')}")
        except CourseError:  # older than the deployment, or beyond what a shallow clone has
            return None
        return self.commit_id(f"{added}^")

    def _migrations(self, commit: str) -> str:
        """The folder of the migrations in a commit. Raises CourseError if the commit can't be deployed."""
        said = parse(self.git("show", f"{commit}:{FILE}").decode(errors="replace"))
        return (Path(said.get("app_folder", ".")) / VERSIONS).as_posix()
