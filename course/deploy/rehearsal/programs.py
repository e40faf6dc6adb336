"""Programs as the host starts them: through a shell, with an environment of their own, and told to end by SIGTERM."""

import asyncio
import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from string import Template

from course.errors import CourseError
from course.machine import processes

POLL_SECONDS = 0.05
# Of this machine's own environment a version sees this much. The rest is as on the host: what its variables say.
KEPT = ("HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMP", "USERPROFILE", "COMSPEC", "PATHEXT")
DIFFERENCE = "" if os.name != "nt" else "Windows has no sh: the commands are taken apart and started without one"


def environment(programs: Path, variables: dict[str, str]) -> dict[str, str]:
    """The environment of a version: the programs that were installed for it come first on its PATH."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    # A program that the version has not asked for must not come from an environment that is active here.
    others = [each for each in os.get_exec_path() if not (Path(each).parent / "pyvenv.cfg").exists()]
    path = os.pathsep.join([str(programs), *others])
    # As Railpack sets them.
    python = {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    return {**kept, **python, **variables, "PATH": path}


def through_shell(command: str, folder: Path, env: dict[str, str]) -> tuple[list[str], Path]:
    """What to start, and where, for a command line that is meant for `sh`."""
    if os.name != "nt":
        return ["/bin/sh", "-c", command], folder
    *before, last = command.split("&&")
    for each in before:
        match shlex.split(each):
            case ["cd", path]:
                folder = folder / path
            case _:
                raise CourseError(f"Without sh only `cd FOLDER &&` can stand before a program, and this is {each!r}.")
    words = [Template(word).safe_substitute(env) for word in shlex.split(last)]
    program, *arguments = words[1:] if words[:1] == ["exec"] else words
    return [shutil.which(program, path=env["PATH"]) or program, *arguments], folder


async def run_logged(
    command: list[str], *, folder: Path, env: dict[str, str], log: Path, show: Callable[[str], object] = lambda _: None
) -> int:
    """Run a program to its end, and return its exit status. `show` gets the newest line of its output now and then."""
    with log.open("wb") as output:
        child = processes.start(command, cwd=folder, env=env, output=output)
        try:
            while child.poll() is None:
                await asyncio.sleep(POLL_SECONDS)
                show(last_line(log))
        finally:
            processes.end(child, grace=2)
    return child.returncode


def last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


async def end(child: "subprocess.Popen[bytes]", *, seconds: float) -> bool:
    """Ask a program to end, and kill it once its time is up, with all that it has started. Did it have to be killed?

    As on the host, the signal goes to the process that the start command became, and to no other: a shell that has not
    been replaced by `exec` does not pass it on.
    """
    until = time.monotonic() + seconds
    if os.name == "nt":
        with suppress(OSError):  # no console, through which it goes
            child.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM))
    else:
        child.terminate()
    while (left := until - time.monotonic()) > 0 and _is_running(child):  # noqa: ASYNC110 (nobody calls)
        await asyncio.sleep(min(POLL_SECONDS, left))
    is_late = _is_running(child)
    processes.end(child, grace=0)
    return is_late


def _is_running(child: "subprocess.Popen[bytes]") -> bool:
    """Is the program, or another that it has started, still there?"""
    if child.poll() is None or os.name == "nt":
        return child.returncode is None
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, 0)
        return True
    return False
