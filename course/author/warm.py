"""Python programs that begin as forks of this process: most of a short one's time is importing what all of them import.

Only libraries are shared. The modules of the course and of an app are imported anew, with the program's own arguments,
variables, folder and streams. Where the system has no fork that is safe, each program is a new Python.
"""

import _posixsubprocess
import atexit
import gc
import logging
import os
import re
import runpy
import signal
import subprocess
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import Context
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
    cold = _posixsubprocess.fork_exec

    def fork_exec(words: Sequence[Any], *rest: Any) -> int:
        python, *others = map(os.fsdecode, words)
        line = " ".join(others).removeprefix("-B ")
        if python != sys.executable or not programs.match(line) or not _is_one_thread():
            return cold(words, *rest)
        sys.stdout.flush()
        sys.stderr.flush()
        gc.freeze()  # the fork collects nothing that is this process's: a file would close a number of its own
        pid = os.fork()
        if pid == 0:
            _be([each for each in others if each != "-B"], *rest)
        gc.unfreeze()
        return pid

    with patch.object(_posixsubprocess, "fork_exec", fork_exec), patch.object(subprocess, "_fork_exec", fork_exec):
        yield


def _is_one_thread() -> bool:
    """Is no other thread there, one of a library's own either? Of a lock that it holds, a fork never gets hold."""
    end = time.monotonic() + ENDING_SECONDS
    while (there := sum(1 for _ in Path("/proc/self/task").iterdir())) > threading.active_count():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)  # one that is about to end
    return there == 1


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
