"""The workspace as a git repository: what the course handed out on branch `course`, the learner's own on `main`.

Whatever git's settings on this machine are, they don't stop it: no hook and no signature is asked for, line ends stay
as they are, and who has told git no name commits under a stand-in's.
"""

import io
import os
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from course import environment
from course.errors import CourseError

COURSE, MAIN = "course", "main"
STAND_IN = {"NAME": "Learner", "EMAIL": "learner@localhost"}
ROLES = ("AUTHOR", "COMMITTER")
KEPT = tuple(f"GIT_{role}_" for role in ROLES)  # of the user's variables for git: whoever sets these means them
SECONDS = 60.0  # git takes one; if it waits for something, nobody is there to give it
UNDER_WAY = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply")


class RepositoryError(CourseError):
    """Git could not do what it was to do. The files of the workspace are as they were."""


class Repository:
    """The repository of one workspace; its folder may not be one yet."""

    def __init__(self, folder: Path, program: str) -> None:
        self.folder = folder
        self._program = program

    @property
    def is_there(self) -> bool:
        return (self.folder / ".git").exists()

    def begin(self, given: Mapping[str, bytes]) -> None:
        """Make the repository of a workspace whose files are there: what is handed out, and on top what differs."""
        self._run("init", "--quiet", "--template=")
        self._run("config", "core.autocrlf", "false")
        self._run("symbolic-ref", "HEAD", f"refs/heads/{MAIN}")
        self.hand_out(given)
        self._run("update-ref", f"refs/heads/{MAIN}", COURSE)
        self.commit("What I had written before")

    def handed_out(self) -> dict[str, bytes]:
        """The files as they were handed out last; none if the branch is gone."""
        if not self._has(COURSE):
            return {}
        with zipfile.ZipFile(io.BytesIO(self._run("archive", "--format=zip", COURSE))) as archive:
            return {each.filename: archive.read(each) for each in archive.infolist() if not each.is_dir()}

    def hand_out(self, given: Mapping[str, bytes]) -> None:
        """Put what the course hands out now on its branch. The workspace's files and the learner's branch stay."""
        message = b"What the course hands out"
        who = f"Course <course@localhost> {int(time.time())} +0000"
        lines = [f"commit refs/heads/{COURSE}\ncommitter {who}\ndata {len(message)}".encode(), message]
        if self._has(COURSE):
            lines.append(f"from refs/heads/{COURSE}^0".encode())
        lines.append(b"deleteall")
        for file, content in given.items():
            lines += [f"M 100644 inline {file}".encode(), f"data {len(content)}".encode(), content]
        self._run("fast-import", "--quiet", "--force", stdin=b"\n".join([*lines, b""]))

    def commit(self, message: str, *, merged: bool = False) -> bool:
        """Keep all files of the workspace in a commit, if any has changed; `merged`: with what was handed out in it.

        Raises RepositoryError while something of the learner's is under way, such as a merge.
        """
        for name in UNDER_WAY:
            if (self.folder / ".git" / name).exists():
                raise RepositoryError(f"A merge or a rebase is under way in {self.folder}: end it first (git status).")
        self._run("add", "--all")
        tree = self._said("write-tree")
        head = self._has("HEAD")
        if head and not merged and tree == self._said("rev-parse", "HEAD^{tree}"):
            return False
        parents = [*(["-p", "HEAD"] if head else []), *(["-p", COURSE] if merged else [])]
        # Unlike `git commit`, this asks for no hook, no signature and no editor.
        made = self._said("commit-tree", tree, *parents, "-m", message, env=self._identity())
        self._run("update-ref", "-m", message.partition("\n")[0], "HEAD", made)
        return True

    def messages(self) -> list[str]:
        """The lines of all messages up to now."""
        return self._said("log", "--format=%B").splitlines() if self._has("HEAD") else []

    def merge(self, mine: bytes, base: bytes, theirs: bytes) -> bytes | None:
        """A file with both changes in it; None if they touch the same lines."""
        with tempfile.TemporaryDirectory(prefix="course-merge-") as scratch:
            paths = [Path(scratch, name) for name in ("mine", "base", "theirs")]
            for path, content in zip(paths, (mine, base, theirs), strict=True):
                path.write_bytes(content.replace(b"\r\n", b"\n"))
            done = self._try("merge-file", "-p", "--quiet", *map(str, paths))
        if done.returncode != 0:
            return None
        return done.stdout.replace(b"\n", b"\r\n") if b"\r\n" in mine else done.stdout

    def _has(self, name: str) -> bool:
        return self._try("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").returncode == 0

    def _said(self, *words: str, env: Mapping[str, str] | None = None) -> str:
        return self._run(*words, env=env).decode(errors="replace").strip()

    def _run(self, *words: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        done = self._try(*words, stdin=stdin, env=env)
        if done.returncode != 0:
            said = (done.stderr or done.stdout).decode(errors="replace").splitlines()
            reason = next((line for line in said if line.startswith(("fatal:", "error:"))), f"status {done.returncode}")
            raise RepositoryError(f"git {words[0]} in {self.folder} failed: {reason}")
        return done.stdout

    def _try(
        self, *words: str, stdin: bytes = b"", env: Mapping[str, str] | None = None
    ) -> "subprocess.CompletedProcess[bytes]":
        # Named like this, git neither looks for another repository around nor asks whose folder it is.
        where = [f"--git-dir={self.folder / '.git'}", f"--work-tree={self.folder}"]
        settings = [
            f"core.hooksPath={os.devnull}",
            "core.autocrlf=false",
            "core.safecrlf=false",
            "core.fsmonitor=false",
            "gc.auto=0",
        ]
        command = [self._program, *where, *(word for each in settings for word in ("-c", each)), *words]
        sealed = {name: value for name, value in environment.child().items() if not name.startswith("GIT_")}
        sealed |= {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", **(env or {})}
        how: dict[str, Any] = {"cwd": self.folder, "env": sealed, "input": stdin, "timeout": SECONDS}
        try:
            return subprocess.run(command, capture_output=True, check=False, **how)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise RepositoryError(f"git {words[0]} in {self.folder} failed: {error}") from error

    def _identity(self) -> dict[str, str]:
        """Who commits, where git has not been told."""
        unknown = [key for key in STAND_IN if not self._try("config", f"user.{key.lower()}").stdout.strip()]
        kept = {name: value for name, value in os.environ.items() if name.startswith(KEPT)}
        return {f"GIT_{role}_{key}": STAND_IN[key] for key in unknown for role in ROLES} | kept
