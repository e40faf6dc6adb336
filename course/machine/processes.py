"""Starting other programs, and ending: Ctrl-C, SIGTERM and a closed terminal all end the course the same orderly way.

Standard library only: the first set-up uses it before anything is installed.
"""

import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from types import FrameType
from typing import IO, Any

from course.errors import CourseError

STOP_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
KILL = getattr(signal, "SIGKILL", -1)  # Windows has no such signal
GRACE_SECONDS = 10.0  # from the signal that asks a program to end to the one that makes it


class Stopped(KeyboardInterrupt):
    """The user, or the system, wants this process to end. It passes through every clean-up on its way out."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.exit_code = 128 + signum


def die_by_interrupt() -> None:
    """Let a Ctrl-C end the program without a word from Python, until `as_program` takes over: while modules load."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class _State:
    """What this process knows of the signals that it got."""

    received: int | None = None  # the first one; from then on everything is on its way out
    raised = False
    shields = 0
    forward: Callable[[int], None] | None = None


def _on_signal(signum: int, _frame: FrameType | None) -> None:
    if _State.forward is not None:
        _State.forward(signum)
        return
    _State.received = _State.received or signum
    _raise_if_stopped()


def _is_pending() -> bool:
    """Has a signal come that has not been raised yet?"""
    return _State.received is not None and not _State.raised


def _raise_if_stopped() -> None:
    """Raise Stopped once. A second Ctrl-C must not tear the clean-up apart that the first one started."""
    if _is_pending() and not _State.shields:
        _State.raised = True
        raise Stopped(_State.received or signal.SIGINT)


@contextmanager
def stoppable() -> Iterator[None]:
    """Turn the signals that end a program into Stopped, raised where the program is."""
    # `nohup` ignores SIGHUP on purpose: that stays so.
    mine = [each for each in STOP_SIGNALS if each == signal.SIGINT or signal.getsignal(each) is not signal.SIG_IGN]
    before = {each: signal.signal(each, _on_signal) for each in mine}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        _State.received, _State.raised = None, False


@contextmanager
def as_program() -> Iterator[None]:
    """Run a program's body, and end the program with one sentence for what a user can foresee, quietly on Ctrl-C."""
    try:
        with stoppable():
            yield
    except CourseError as error:
        sys.stderr.write(f"course: {error}\n")
        sys.exit(error.exit_code)
    except OSError as error:
        sys.stderr.write(f"course: {_foreseen(error)}\n")
        sys.exit(1)
    except Stopped as stopped:
        sys.exit(stopped.exit_code)


def _foreseen(error: OSError) -> str:
    """What to do about a fault of the disk, or of who owns what. Raises the error if nobody foresaw it."""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return "The disk is full: free some space, and call again."
        case errno.EROFS:
            return f"{error.filename} is on a disk that can't be written: set COURSE_HOME to a folder of your own."
        case errno.EPIPE:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python complains once more when it ends
            return "Nobody reads what is printed any more."
        case errno.EADDRINUSE:
            return "Another program has taken the port at this moment: call again."
        case errno.EMFILE | errno.ENFILE:
            return "This user may open too few files at once: call `ulimit -n 1024` first."
        case errno.EAGAIN | errno.ENOMEM:
            return (
                f"The system refuses another process, or memory ({error.strerror}): end programs that you don't need."
            )
    if isinstance(error, PermissionError):
        whose = f"{error.filename} belongs to another user"
        return f"{whose}: give it to this one, or set COURSE_HOME to a folder of your own."
    raise error


@contextmanager
def shielded() -> Iterator[None]:
    """Let a short piece of work that must not be left half done finish before Stopped is raised.

    It is raised in the main thread alone, so other threads need no shield.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _State.shields += 1
    try:
        yield
    finally:
        _State.shields -= 1
        _raise_if_stopped()


def exit_code(returncode: int) -> int:
    """A program's return code as a shell reports it: 128 + the signal that killed it."""
    return returncode if returncode >= 0 else 128 - returncode


def apart() -> dict[str, Any]:
    """Arguments for Popen that keep the terminal's Ctrl-C from a program: this process ends it when it is time."""
    if os.name == "nt":
        return {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    return {"process_group": 0}


def start(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str], output: int | IO[bytes]
) -> "subprocess.Popen[bytes]":
    """Start a program `apart`; all that it says goes to `output`."""
    with shielded():
        return subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, **apart()
        )


def end(child: subprocess.Popen[Any], *, signum: int = signal.SIGTERM, grace: float = GRACE_SECONDS) -> None:
    """End a program that was started `apart`, and all that it started: asked first, made to after `grace` seconds."""
    if child.poll() is None:
        _signal_group(child, signum)
        with suppress(subprocess.TimeoutExpired):
            child.wait(grace)
    _signal_group(child, KILL)
    child.wait()


def _signal_group(child: subprocess.Popen[Any], signum: int) -> None:
    """Send a signal to a program that was started `apart` and to all that it started."""
    if os.name != "nt":
        with suppress(ProcessLookupError, PermissionError):  # macOS: EPERM for a group of which only a zombie is left
            os.killpg(child.pid, signum)
        return
    with suppress(OSError):  # an editor may start the course without a console, through which a Ctrl-Break goes
        if signum != KILL:
            child.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signum))
            return
    _kill_tree(child)


def _kill_tree(child: subprocess.Popen[Any]) -> None:
    """Kill a program and all that it has started, on Windows, which keeps no group of them."""
    with suppress(ImportError):
        import psutil  # before the first set-up it may be missing

        with suppress(psutil.Error):
            for each in psutil.Process(child.pid).children(recursive=True):
                with suppress(psutil.Error):
                    each.kill()
    with suppress(OSError):
        child.kill()


def run_apart(
    command: Sequence[str | Path],
    *,
    log: Path | None,
    tick: Callable[[], object] = lambda: None,
    must_finish: bool = False,
    ending: Callable[[subprocess.Popen[Any]], object] = end,
    **popen: Any,
) -> int:
    """Run a program out of the terminal's reach, but ended when this process is: by `ending`.

    Its output goes into the file `log`, or where this process's goes. `tick` is called a few times a second while it
    runs. A short program that must not be left half done is waited for first (`must_finish`). Raises Stopped, in any
    thread, if the program was ended with this process.
    """
    must_finish = must_finish or _State.raised  # part of the clean-up
    with log.open("wb") if log else nullcontext() as output:
        arguments = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": log and subprocess.STDOUT}
        with shielded():
            child = subprocess.Popen([str(part) for part in command], **{**arguments, **apart(), **popen})
            try:
                while must_finish or _State.received is None:
                    try:
                        return child.wait(0.2)
                    except subprocess.TimeoutExpired:
                        tick()
            finally:
                ending(child)
            raise Stopped(_State.received)


def _shares_terminal() -> bool:
    """Is this process what the terminal's keyboard speaks to? Then a Ctrl-C reaches its children by itself."""
    if os.name == "nt":
        return True
    try:
        return sys.stdin.isatty() and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError, AttributeError):
        return False


def run(command: Sequence[str], *, env: Mapping[str, str], cwd: Path | None = None) -> int:
    """Run a program in this terminal and return its exit code; the signals that this process gets go on to it.

    Raises CourseError if there is no such program.
    """
    program = shutil.which(command[0], path=env.get("PATH"))
    if program is None:
        raise CourseError(f"There is no command {command[0]!r} on the PATH: check how it is spelt, or install it.")
    shared = _shares_terminal()
    arguments: dict[str, Any] = {} if shared else apart()
    with shielded():
        child = subprocess.Popen([program, *command[1:]], env=dict(env), cwd=cwd, **arguments)
        deadline: float | None = None

        def forward(signum: int) -> None:
            nonlocal deadline
            if shared and signum == signal.SIGINT:
                return  # the child has had it from the terminal, and may mean to go on: psql, a debugger
            _State.received, _State.raised = signum, True  # on its way out: the caller's clean-up runs undisturbed
            deadline = deadline or time.monotonic() + GRACE_SECONDS
            if not shared:
                _signal_group(child, signum)
            elif os.name != "nt":  # there it is Ctrl-Break, which has reached the child too
                child.send_signal(signum)

        _State.forward = forward
        try:
            if _is_pending():
                forward(_State.received or signal.SIGTERM)
            while True:
                try:
                    return exit_code(child.wait(0.2))
                except subprocess.TimeoutExpired:
                    if deadline is not None and time.monotonic() > deadline:
                        child.kill()
        finally:
            _State.forward = None
            if not shared:
                end(child)
