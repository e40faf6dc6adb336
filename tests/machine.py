"""What the tests of the course's own command share: calls of it on a home of their own, and a look at what is left."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

import psutil
import pytest

from course.machine import embedded
from course.machine.processes import KILL
from course.machine.readiness import LOOK_SECONDS, POLL_SECONDS, Patience, processor_seconds
from course.paths import ROOT

T = TypeVar("T")
STOP_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
DEADLINE_SECONDS = 60
SET_BY_OTHERS = {
    "COURSE_LEFT_OUT",
    "DATABASE_URL",
    "COURSE_POSTGRES",
    "COURSE_POSTGRES_ASKED",
    "COURSE_HOME",
    "COURSE_WORKSPACE",
    "JWT_SECRET",
    "DOCKER_HOST",
}
SLOWS_DOWN = {"PYTHONDONTWRITEBYTECODE"}


def eventually(look: Callable[[], T], what: str, seconds: float = DEADLINE_SECONDS) -> T:
    """What `look` returns, as soon as that is true; fails once what this test has started did nothing for so long."""
    patience = Patience(lambda: processor_seconds(os.getpid()) - time.process_time())
    while not (found := look()):
        assert not patience.is_over(seconds), f"not there, and for {seconds} s nothing was done: {what}"
        threading.Event().wait(POLL_SECONDS)
    return found


def run(command: Sequence[str | Path], *, stdin: str = "", **how: Any) -> "subprocess.CompletedProcess[str]":
    """Run a program to its end; it fails once the program has done nothing for DEADLINE_SECONDS."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, encoding="utf-8", **pipes, **how) as process:
        patience = Patience(lambda: processor_seconds(process.pid))
        sent: str | None = stdin
        try:
            while True:
                with suppress(subprocess.TimeoutExpired):
                    output, errors = process.communicate(sent, timeout=LOOK_SECONDS)
                    return subprocess.CompletedProcess(command, process.returncode, output, errors)
                sent = None  # it is on its way
                assert not patience.is_over(DEADLINE_SECONDS), (
                    f"for {DEADLINE_SECONDS} s it has done nothing: {command}"
                )
        finally:
            process.kill()


def stop_signals(*, quick: str) -> list[Any]:
    """The names of the signals that end programs here, as a test's parameters; but for one, for the thorough set."""
    there = [name for name in STOP_SIGNALS if hasattr(signal, name)]
    return [pytest.param(name, marks=() if name == quick else pytest.mark.thorough) for name in there]


class Call:
    """A call of the course that is under way."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.output = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line

    def until(self, pattern: str) -> re.Match[str]:
        """Wait for the output to match, and return the match; fails if the call ends before."""

        def look() -> re.Match[str] | None:
            ended = self.process.poll() is not None
            if ended:
                self._reader.join(5)
            found = re.search(pattern, self.output)
            assert found or not ended, f"ended without {pattern!r}:\n{self.output}"
            return found

        return eventually(look, f"{pattern!r} in {self.output!r}")

    def stop(self, signum: int) -> int:
        """Send a signal to this process alone, and return the exit code.

        Windows knows none but Ctrl-Break, and the end by force.
        """
        if signum == KILL:
            self.process.kill()
        else:
            self.process.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signum))
        return self.ended()

    def ended(self) -> int:
        """Wait for the end, and return the exit code."""
        eventually(lambda: self.process.poll() is not None, f"the end of {self.process.args}")
        self._reader.join(5)
        return int(self.process.returncode)


class Home:
    """A home of the course (`COURSE_HOME`) of its own, and calls of the course that use it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def env(self, **extra: str) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if key not in SET_BY_OTHERS | SLOWS_DOWN}
        return {**kept, "COURSE_HOME": str(self.folder), "PYTHONUTF8": "1", **extra}

    def run(
        self, *words: str, module: str = "course", stdin: str = "", **extra: str
    ) -> "subprocess.CompletedProcess[str]":
        """Call the course and wait for its end."""
        return run([sys.executable, "-m", module, *words], cwd=ROOT, env=self.env(**extra), stdin=stdin)

    def execute(self, *command: str, **extra: str) -> "subprocess.CompletedProcess[str]":
        """Call `course.postgres exec` and wait for its end; the embedded server, unless `extra` says otherwise."""
        extra = {"COURSE_POSTGRES": "embedded", **extra}
        return self.run("exec", "--", *command, module="course.postgres", **extra)

    @contextmanager
    def call(self, *words: str, module: str = "course", **extra: str) -> Iterator[Call]:
        """Start a call of the course, which is killed at the end of the block if it is still there."""
        with start([sys.executable, "-m", module, *words], cwd=ROOT, env=self.env(**extra)) as call:
            yield call

    @contextmanager
    def server(self) -> Iterator[None]:
        """Keep this home's embedded server up, so that no call in the block has to start it."""
        with patch.dict(os.environ, COURSE_HOME=str(self.folder)), embedded.leased():
            yield

    def processes(self) -> list[str]:
        """The processes that belong to this home: they were started with it in their environment."""
        mine = []
        for process in psutil.process_iter():
            try:
                is_mine = process.environ().get("COURSE_HOME") == str(self.folder)
                if is_mine and process.status() != psutil.STATUS_ZOMBIE:
                    mine.append(f"{process.pid} {' '.join(process.cmdline())}")
            except psutil.Error:  # gone meanwhile, or another user's
                continue
        return mine

    def is_quiet(self) -> bool:
        return not self.processes()

    def kill_all(self, *, but_the_server: bool = False) -> None:
        """Kill the home's processes, in a way that none can catch."""
        for line in self.processes():
            if not but_the_server or not re.search(r"pginstall|postgres: ", line):
                with suppress(psutil.Error):
                    psutil.Process(int(line.split()[0])).kill()


@contextmanager
def quiet(home: Home) -> Iterator[Home]:
    """Use a home: nothing may be running at the block's end, and what a failure has left is killed."""
    try:
        yield home
        eventually(home.is_quiet, "no process left", seconds=30)
    finally:
        home.kill_all()


@contextmanager
def new_home() -> Iterator[Home]:
    """A home where nothing has been made yet, for the time of the block.

    Its folder is not one of pytest's own: these are closed to other users each time that a pytest starts, and where the
    tests run as root, the database server is another user.
    """
    with tempfile.TemporaryDirectory(prefix="course-") as folder, quiet(Home(Path(folder).resolve() / "home")) as home:
        yield home


@contextmanager
def start(command: Sequence[str], *, cwd: Path, env: dict[str, str]) -> Iterator[Call]:
    """Start a program in a session of its own, its output gathered; it is killed at the end if it is still there."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),  # there Ctrl-Break goes to a whole group
    )
    with process:
        try:
            yield Call(process)
        finally:
            if process.poll() is None:
                for child in psutil.Process(process.pid).children(recursive=True):
                    child.kill()  # one that outlived its parent would hold the output open
                process.kill()
