"""A program that ends all that it has started when whoever wanted it is gone: both ends of it.

A notebook's kernel can be stopped in the middle of a cell, or killed, and then cleans up nothing. So what a notebook
starts belongs to a process of its own, the *supervisor*. It reads orders from its standard input, of which the kernel
holds the other end: when that end closes, for whatever reason, the supervisor clears up.

Both ends speak JSON lines. An order is an object; the answer is `{"done": ...}` or `{"error": ...}`, and before it may
come `{"say": ...}` while something takes long.
"""

import asyncio
import atexit
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from course import environment
from course.errors import CourseError
from course.machine import ladder, locks, orphans, processes
from course.paths import ROOT, home

CLOSE_SECONDS = 20
EXIT_SECONDS = 8  # at the end of a kernel, which is not waited for much longer


class Supervisor:
    """The end that gives the orders."""

    def __init__(self, module: str) -> None:
        environment.seal()  # a notebook's kernel, which somebody's editor may have started
        # Not asyncio's subprocesses, which the event loop of a kernel on Windows does not have.
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=ROOT,
            env=environment.child(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            **processes.apart(),
        )
        assert self._process.stdin
        assert self._process.stdout
        self._orders, self._answers = self._process.stdin, self._process.stdout
        self._errors: list[str] = []
        self._reader = threading.Thread(target=self._read_errors, daemon=True)
        self._reader.start()
        _running.append(self)

    @classmethod
    async def start(cls, module: str, **order: Any) -> tuple[Self, dict[str, Any]]:
        """Start `python -m MODULE`, and give it its first order: the supervisor, and the answer. Raises CourseError."""
        supervisor = cls(module)
        try:
            return supervisor, await supervisor.ask(**order)
        except BaseException:
            supervisor.let_go()  # also if the cell was interrupted: it notices, and clears up
            raise

    @property
    def is_up(self) -> bool:
        return self._process.poll() is None

    async def ask(self, **order: Any) -> dict[str, Any]:
        """Give an order, and return the answer. Raises CourseError if that is an error, or if none comes."""
        return await asyncio.to_thread(self._ask, order)

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        with suppress(OSError, ValueError):  # it has ended: then it answers nothing
            self._orders.write(json.dumps(order) + "\n")
            self._orders.flush()
        for line in self._answers:
            match json.loads(line):
                case {"say": str(text)}:
                    ladder.to_stderr(text)
                case {"error": str(text)}:
                    raise CourseError(text)
                case {"done": dict(answer)}:
                    return answer
        self._reader.join()
        raise CourseError("\n".join(["What was started has ended without an answer; it said:", *self._errors]))

    def _read_errors(self) -> None:
        assert self._process.stderr
        with self._process.stderr as errors:
            self._errors.extend(line.rstrip() for line in errors)

    def let_go(self) -> None:
        """Tell it to end all that it has started."""
        with suppress(OSError):
            self._orders.close()

    def end(self, seconds: float = CLOSE_SECONDS) -> None:
        """Let it go, and wait until it has cleared up. Again is no fault."""
        self.let_go()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
            self._answers.close()
        if self in _running:
            _running.remove(self)


_running: list[Supervisor] = []


def end_all(seconds: float = CLOSE_SECONDS) -> None:
    """End all that was started here, and wait until it has cleared up. Again is no fault."""
    every = list(_running)
    for each in every:
        each.let_go()
    for each in every:
        each.end(seconds)


atexit.register(end_all, EXIT_SECONDS)


@contextmanager
def supervising() -> Iterator[None]:
    """The body of a supervisor's program: one of `living` while it lasts. What can be foreseen is told as an error."""
    environment.seal()
    with processes.as_program(), _listed():
        try:
            yield
        except CourseError as error:
            tell(error=str(error))
            sys.exit(error.exit_code)


def orders() -> Iterator[dict[str, Any]]:
    """What the other end orders, until it lets go."""
    while line := sys.stdin.readline():
        yield json.loads(line)


def tell(**message: Any) -> None:
    """Write one line to the other end, if it is still there."""
    with suppress(OSError, ValueError):
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


def say(text: str) -> None:
    """Tell what takes long."""
    tell(say=text)


def living() -> list[str]:
    """The process ids of the supervisors at work. What one that was killed has left is ended on the way."""
    return list(orphans.living(_lock_file().parent, clear=lambda scratch: shutil.rmtree(scratch, ignore_errors=True)))


def note(pid: int, scratch: Path) -> None:
    """Note the server's process and the temporary folder, for whoever finds this supervisor dead."""
    orphans.note(_lock_file(), pid, str(scratch))


@contextmanager
def _listed() -> Iterator[None]:
    living()
    lock = locks.try_acquire(_lock_file())
    assert lock
    try:
        yield
    finally:
        orphans.forget(_lock_file())
        locks.remove(lock)


def _lock_file() -> Path:
    return home() / "supervisors" / str(os.getpid())
