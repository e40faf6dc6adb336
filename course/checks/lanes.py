"""Sessions in lanes: each a nox of its own, with a database of its own on the run's one server, its output in a log."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from course import environment
from course.errors import CourseError
from course.machine import ladder, processes
from course.machine.sessions import NOX, Session
from course.paths import ROOT, home

LANES = min(4, 2 * (os.cpu_count() or 1))  # two for each core: a session waits for half of its time
TICK_SECONDS = 0.5
MEMORY = Path("/dev/shm")  # noqa: S108 (Linux's disk in memory: what is temporary needs no other)
MEMORY_BYTES = 6 * 2**30  # of it that have to be free: copies of stages, environments, and the data of their servers
LAST_SECONDS = 2.0  # for what a session has left behind, from the signal that ends it by force


@dataclass(frozen=True)
class Ended:
    """A session that has ended by itself."""

    session: Session
    returncode: int
    seconds: float
    log: Path

    @property
    def passed(self) -> bool:
        return self.returncode == 0


class Lanes:
    """Some sessions, in the order in which they begin, as many at once as there are lanes."""

    def __init__(self, queue: list[Session], lanes: int, found: ladder.Server | None) -> None:
        self.lanes = min(lanes, len(queue))
        self.waiting = [session.full_name for session in queue]
        self._queue, self._found = queue, found
        self._began: dict[str, float] = {}

    @property
    def running(self) -> dict[str, float]:
        """For how many seconds each session has been running."""
        now = time.monotonic()
        return {name: now - began for name, began in self._began.copy().items()}

    def run(self, tick: Callable[[], object]) -> Iterator[Ended]:
        """Each session as it ends; `tick` is called now and then. On Stopped those that run are ended first."""
        with ThreadPoolExecutor(self.lanes) as pool:
            pending = {pool.submit(self._run_one, session) for session in self._queue}
            try:
                while pending:
                    done, pending = wait(pending, timeout=TICK_SECONDS, return_when=FIRST_COMPLETED)
                    for each in done:
                        yield each.result()
                    tick()
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _run_one(self, session: Session) -> Ended:
        began = self._began[session.full_name] = time.monotonic()
        self.waiting.remove(session.full_name)
        log = home() / "test-logs" / f"{session.full_name}.log"
        log.parent.mkdir(exist_ok=True)
        try:
            returncode = run_session(session, self._found, log)
        except CourseError as error:
            log.write_text(f"{error}\n", encoding="utf-8")
            returncode = 1
        finally:
            del self._began[session.full_name]
        return Ended(session, returncode, time.monotonic() - began, log)


def run_session(session: Session, found: ladder.Server | None, log: Path | None) -> int:
    """Run one session to its end, its output in a log or in this terminal, and return its exit code."""
    command = [*NOX, "--non-interactive", "--session", session.full_name]
    with _environment(found) as env:
        return processes.run_apart(command, log=log, ending=end, cwd=ROOT, env=env)


@contextmanager
def _environment(found: ladder.Server | None) -> Iterator[dict[str, str]]:
    with nullcontext() if found is None else ladder.fresh_database(found) as url, _scratch() as scratch:
        base = environment.installer(**scratch)  # a session installs its packages
        yield ladder.on(url, base) if url else base


@contextmanager
def _scratch() -> Iterator[dict[str, str]]:
    """Where a session's temporary files go, which go with it: into memory, if the system has room for them there."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < MEMORY_BYTES:
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="course-", dir=MEMORY, ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # where this is root, PostgreSQL is another user
        yield {"TMPDIR": folder}


def end(child: subprocess.Popen[Any]) -> None:
    """End a session and all that it started, also what has left its group and turns a deaf ear to signals.

    Of all signals nox tells its children of SIGINT alone.
    """
    left = _descendants(child.pid) if child.poll() is None else []
    processes.end(child, signum=signal.SIGINT)
    left += [each for parent in left for each in _descendants(parent.pid)]
    _, left = psutil.wait_procs(left, timeout=LAST_SECONDS if left else 0)
    for each in left:
        each.kill()


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return list(psutil.Process(pid).children(recursive=True))
    except psutil.NoSuchProcess:
        return []
