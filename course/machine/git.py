"""Git: which one this machine has, and what it says of a folder."""

import shutil
import subprocess
import sys
from pathlib import Path

from course import environment
from course.errors import CourseError
from course.machine import reasons

HEARD = ("GIT_CONFIG", "GIT_TEST_")  # of the variables for git: others, such as a hook's, are of another repository


class GitError(CourseError):
    """Git could not do what it was to do, or is not there; `reason` says why."""

    def __init__(self, word: str, reason: str) -> None:
        super().__init__(f"git {word} failed: {reason}.")
        self.reason = reason


def program() -> str | None:
    """The git of this machine, if it has one."""
    found = shutil.which("git")
    if found == "/usr/bin/git" and sys.platform == "darwin":
        # macOS has a stand-in there, which asks to install the real one, in a window.
        tools = subprocess.run(["xcode-select", "-p"], env=environment.child(), capture_output=True, check=False)
        return found if tools.returncode == 0 else None
    return found


def output(folder: Path, *words: str, **env: str) -> bytes:
    """What git prints, called in a folder, with some variables set. Raises GitError."""
    found = program()
    if found is None:
        raise GitError(words[0], "there is no git on this machine: install it")
    said = environment.child(LC_ALL="C")
    kept = {name: value for name, value in said.items() if not name.startswith("GIT_") or name.startswith(HEARD)}
    done = subprocess.run([found, *words], cwd=folder, env=kept | env, capture_output=True, check=False)
    if done.returncode:
        raise GitError(words[0], reasons.of_git(done.stderr.decode(errors="replace")))
    return done.stdout
