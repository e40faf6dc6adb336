"""Python programs that begin as forks of this process: most of a short one's time is importing what all of them import.

Only libraries are shared. The modules of the course and of an app are imported anew, with the program's own arguments,
variables, folder and streams. Where the system has no fork that is safe, each program is a new Python.

A process with other threads must not be forked: of a lock that one of them holds, a fork never gets hold. So a fork is
kept aside while there is none, and forks in this process's place later on. What it makes becomes this one's child.
"""

import atexit
import ctypes
import gc
import logging
import os
import pickle
import re
import runpy
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import Context
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

CAN_FORK = sys.platform == "linux"  # macOS has it too, but its own libraries have threads that do not survive it
LIBRARIES = (f"{sys.prefix}/lib", f"{sys.base_prefix}/lib")
FIRST = next((number for number, folder in enumerate(sys.path) if folder.startswith(LIBRARIES)), 0)
PATH = sys.path[FIRST:]  # of every program, behind its own folder and PYTHONPATH
ENDING_SECONDS = 2.0
FORGOTTEN: list[ModuleType] = []  # kept, or what they hold would be cleared away here, such as a folder of the parent's
AS_IT_IS = -1  # in the place of a stream's number: the parent's own
SET_CHILD_SUBREAPER = 36  # of prctl: whose parent has ended becomes this process's child
STREAMS_MAX = 64  # that are handed over at once
STAYING: set[str] = set()  # the numbers of threads that have not ended within ENDING_SECONDS
HIGH = 500  # a stream's number that nobody has asked for
SIZE = struct.Struct("I")
KEPT, FOLDER, VARIABLES, STREAMS = 2, 3, 4, (5, 8, 10)  # their places among what a fork is told, see _be


@contextmanager
def pythons(programs: re.Pattern[str], libraries: Sequence[str]) -> Iterator[None]:
    """In the block, some programs of this Python have these libraries imported already, whichever of them starts one.

    They are known by their command lines: "-m course" begins one.
    """
    if not CAN_FORK:
        yield
        return
    for name in libraries:
        with suppress(Exception):  # then each program that needs it says what is wrong
            import_module(name)
    import _posixsubprocess

    cold = _posixsubprocess.fork_exec

    def fork_exec(words: Sequence[Any], *rest: Any) -> int:
        python, *others = map(os.fsdecode, words)
        line = " ".join(others).removeprefix("-B ")
        if python != sys.executable or not programs.match(line):
            return cold(words, *rest)
        program = [each for each in others if each != "-B"]
        if _is_one_thread():
            return _fork(lambda: _be(program, *rest))
        if aside and aside[0].is_of_this_process:
            return aside[0].be(program, *rest)
        return cold(words, *rest)

    aside: list[_Aside] = []
    with patch.object(_posixsubprocess, "fork_exec", fork_exec), patch.object(subprocess, "_fork_exec", fork_exec):
        if _is_one_thread():
            aside.append(_Aside())
        try:
            yield
        finally:
            for each in aside:
                each.end()


def _fork(then: Callable[[], object]) -> int:
    """Fork this process, and do in the fork what never returns; here, the fork's number."""
    sys.stdout.flush()
    sys.stderr.flush()
    gc.freeze()  # the fork collects nothing that is this process's: a file would close a number of its own
    pid = os.fork()
    if pid == 0:
        try:
            then()
        finally:
            os._exit(1)
    gc.unfreeze()
    return pid


class _Aside:
    """A fork of this process that is kept aside, and forks in its place."""

    def __init__(self) -> None:
        self._owner = os.getpid()
        self._orders, orders = socket.socketpair()
        self._one_at_a_time = threading.Lock()
        self._pid = _fork(lambda: self._serve(orders))
        orders.close()

    @property
    def is_of_this_process(self) -> bool:
        return self._owner == os.getpid()

    def be(self, program: list[str], *rest: Any) -> int:
        """Let a new fork be the program, as a child of this process, and return its number."""
        how = list(rest)
        how[FOLDER] = str(Path.cwd()) if how[FOLDER] is None else how[FOLDER]
        how[VARIABLES] = how[VARIABLES] or [name + b"=" + value for name, value in os.environb.items()]
        for number, place in enumerate(STREAMS):
            how[place] = number if how[place] == AS_IT_IS else how[place]
        numbers = sorted({*(how[place] for place in STREAMS), *how[KEPT]})
        order = pickle.dumps((program, how, numbers))
        with self._one_at_a_time:
            _adopt(1)
            try:
                socket.send_fds(self._orders, [SIZE.pack(len(order))], numbers)
                self._orders.sendall(order)
                return int(SIZE.unpack(self._orders.recv(SIZE.size, socket.MSG_WAITALL))[0])
            finally:
                _adopt(0)

    def _serve(self, orders: socket.socket) -> None:
        """In the fork: wait for orders, as long as its parent is there to give any."""
        self._orders.close()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, lambda *_: None)  # it ends with its parent, whatever reaches all of a terminal
        while True:
            size, streams, *_ = socket.recv_fds(orders, SIZE.size, STREAMS_MAX)
            if not size:
                os._exit(0)
            order = orders.recv(SIZE.unpack(size)[0], socket.MSG_WAITALL)
            program, how, numbers = pickle.loads(order)  # noqa: S301 (its parent's)
            given = dict(zip(numbers, streams, strict=True))
            mine, theirs = os.pipe()
            # Whoever is in between ends at once: then its child is one of the process that gave the order.
            between = _fork(partial(self._go_between, given, theirs, partial(_be, program, *how)))
            os.waitpid(between, 0)
            orders.sendall(os.read(mine, SIZE.size))
            for each in (mine, theirs, *streams):
                os.close(each)

    @staticmethod
    def _go_between(given: dict[int, int], answer: int, then: Callable[[], None]) -> None:
        between = os.getpid()
        pid = os.fork()
        if pid:
            os.write(answer, SIZE.pack(pid))
            os._exit(0)
        while os.getppid() == between:  # the program may ask who its parent is, and later whether that is still there
            time.sleep(0.001)
        import fcntl

        high = {number: fcntl.fcntl(each, fcntl.F_DUPFD, HIGH) for number, each in given.items()}
        for number, each in high.items():
            os.dup2(each, number)
        then()

    def end(self) -> None:
        if self.is_of_this_process:
            self._orders.close()
            os.waitpid(self._pid, 0)


def _adopt(whether: int) -> None:
    """Let a process whose parent ends be a child of this one from now on, or no longer."""
    ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, whether, 0, 0, 0)


def _is_one_thread() -> bool:
    """Is no other thread there, one of a library's own either? Of a lock that it holds, a fork never gets hold."""
    end = time.monotonic() + ENDING_SECONDS
    while (there := _threads()) and len(there) >= threading.active_count() and not there & STAYING:
        if time.monotonic() > end:
            STAYING.update(there)
        else:
            time.sleep(0.01)  # one that is about to end
    return not there


def _threads() -> set[str]:
    """The numbers of this process's threads, but for the first."""
    return {each.name for each in Path("/proc/self/task").iterdir()} - {str(os.getpid())}


def _be(
    words: Sequence[str],
    _executables: Sequence[bytes],
    _close: bool,
    kept: Sequence[int],
    folder: Any,
    variables: Sequence[bytes] | None,
    stdin: int,
    _to_stdin: int,
    _from_stdout: int,
    stdout: int,
    _from_stderr: int,
    stderr: int,
    _from_errors: int,
    errors: int,
    _restore_signals: bool,
    session: bool,
    group: int,
    *_of_users: Any,
) -> None:
    """Be the program, in the fork, with what a new Python is given. Never returns."""
    code = 1
    try:
        if session:
            os.setsid()
        if group >= 0:
            os.setpgid(0, group)
        if folder is not None:
            os.chdir(folder)
        _forget(variables)
        _take_streams(stdin, stdout, stderr, {*kept} - {errors})  # the end of `errors` tells that all this went well
        code = Context().run(_run, words)
    finally:
        os._exit(code)


def _forget(variables: Sequence[bytes] | None) -> None:
    """Forget what this process was: its variables, its modules, and what is to happen at a signal or at its end."""
    if variables is not None:
        os.environ.clear()
        for each in variables:
            name, _, os.environ[name] = os.fsdecode(each).partition("=")
    for name, module in list(sys.modules.items()):
        if (file := getattr(module, "__file__", None)) and not file.startswith(LIBRARIES):
            FORGOTTEN.append(sys.modules.pop(name))
    # pytest's finder would rewrite what the program imports, and knows no `python -m`.
    sys.meta_path[:] = [each for each in sys.meta_path if not type(each).__module__.startswith("_pytest.")]
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):  # what is ignored stays so
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    warnings.resetwarnings()  # by those of pytest, say, each would be an error
    for category in (ResourceWarning, ImportWarning, PendingDeprecationWarning, DeprecationWarning):
        warnings.simplefilter("ignore", category)
    logging.root.handlers.clear()
    atexit._clear()
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))


def _take_streams(stdin: int, stdout: int, stderr: int, kept: set[int]) -> None:
    copies = {number: os.dup(given) for number, given in enumerate((stdin, stdout, stderr)) if given != AS_IT_IS}
    for number, copy in copies.items():
        os.dup2(copy, number)
    lowest = 3
    for number in (*sorted(kept), os.sysconf("SC_OPEN_MAX")):
        os.closerange(lowest, number)
        lowest = number + 1
    how: dict[str, Any] = {"encoding": "utf-8", "buffering": 1, "closefd": False}
    sys.stdin = open(0, **how)  # noqa: SIM115 (as long as Python)
    sys.stdout = open(1, "w", **how)  # noqa: SIM115
    sys.stderr = open(2, "w", errors="backslashreplace", **how)  # noqa: SIM115


def _run(words: Sequence[str]) -> int:
    """Run it as Python would, and return its exit status."""
    how, *rest = words
    named = [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]
    folder = {"-m": Path.cwd(), "-c": ""}.get(how, Path(how).absolute().parent)
    sys.path[:] = [str(folder), *named, *PATH]
    sys.orig_argv[:] = [sys.executable, *words]
    sys.argv[:] = {"-m": rest, "-c": [how, *rest[1:]]}.get(how, words)
    try:
        if how == "-m":
            runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
        elif how == "-c":
            main = sys.modules["__main__"] = ModuleType("__main__")
            exec(rest[0], vars(main))  # noqa: S102
        else:
            runpy.run_path(how, run_name="__main__")
        code = 0
    except SystemExit as ended:
        if isinstance(ended.code, str):
            sys.stderr.write(f"{ended.code}\n")
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    return code
