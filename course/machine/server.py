"""A stage's server on this machine: uvicorn in the stage's folder, with reload."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Self

from course.errors import CourseError
from course.machine import locks, ports, processes
from course.stages import Stage

START_SECONDS = 60
GRACE_SECONDS = 8.0  # more than the server gives its own clients
POLL_SECONDS = 0.05
LOOKS_FOR_APP = 3
LISTENING = b"Uvicorn running on"


class PortTakenError(CourseError):
    """Another program has taken the port in the moment between looking and listening."""


class StageServer:
    """The server of a stage, ended at the end of the `with` block. What it says is held back until `show_output`."""

    def __init__(self, stage: Stage, port: int, env: dict[str, str]) -> None:
        self.stage = stage
        self.url = f"http://{ports.HOST}:{port}"
        self._port = port
        self._env = {**env, "PYTHONUNBUFFERED": "1"}
        self._child: subprocess.Popen[bytes] | None = None
        self._shown = threading.Event()
        self._held_back: list[bytes] = []
        self._times_without_app = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._shown.clear()
        if self._child is None:
            return
        with processes.shielded():
            processes.end(self._child, signum=signal.SIGINT, grace=GRACE_SECONDS)
            _note(self._port).unlink(missing_ok=True)

    def start(self) -> None:
        """Start the server, without waiting until it answers."""
        command = [sys.executable, "-m", "uvicorn", self.stage.app, "--reload"]
        command += ["--host", ports.HOST, "--port", str(self._port), "--timeout-graceful-shutdown", "5"]
        if sys.stderr.isatty():
            command.append("--use-colors")
        with processes.shielded():
            self._child = subprocess.Popen(
                command,
                cwd=self.stage.folder,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                **processes.apart(),
            )
            note = f"{self._child.pid} {_created(self._child.pid)} {self.stage.id}"
            _note(self._port).write_text(note, encoding="utf-8")
        threading.Thread(target=self._relay, args=(self._child,), daemon=True).start()

    def _relay(self, child: subprocess.Popen[bytes]) -> None:
        """Pass on what the server says, line by line."""
        assert child.stdout is not None
        with child.stdout:
            for line in child.stdout:
                if self._shown.is_set():
                    with contextlib.suppress(OSError):
                        os.write(2, line)
                else:
                    self._held_back.append(line)

    def show_output(self) -> None:
        """From now on, show what the server says."""
        self._shown.set()

    def wait_until_ready(self) -> None:
        """Return once the server answers. Raises CourseError, with what it said, if it ends or never does."""
        for polls in range(int(START_SECONDS / POLL_SECONDS)):
            if self._ended(within=POLL_SECONDS) is not None:
                break
            if polls % 10 == 9 and self._app_has_ended():
                break
            if not any(LISTENING in line for line in self._held_back):
                continue  # or another program's server on this port might be taken for this one
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=5):  # noqa: S310
                    return
            except urllib.error.HTTPError:
                return  # it has no such path, but it answers
            except OSError:
                continue
        if self._ended(within=0) is not None and not ports.is_free(self._port):
            raise PortTakenError(f"Port {self._port} was taken by another program: try again.")
        said = b"".join(self._held_back).decode(errors="replace").strip()
        raise CourseError(f"The server of {self.stage.path} did not start; it said:\n{said}")

    def _app_has_ended(self) -> bool:
        """Has the app's process ended, which a server with reload outlives, to wait for a better one?"""
        import psutil

        assert self._child is not None
        with contextlib.suppress(psutil.Error):
            # Of all below it: on Windows an environment's Python is a program that starts another.
            for process in psutil.Process(self._child.pid).children(recursive=True):
                if "spawn_main" in " ".join(process.cmdline()) and process.status() != psutil.STATUS_ZOMBIE:
                    self._times_without_app = 0
                    return False
        # Several looks without one: after the first, it may still be about to begin.
        self._times_without_app += any(LISTENING in line for line in self._held_back)
        return self._times_without_app > LOOKS_FOR_APP

    def wait(self) -> int:
        """Wait until the server ends, and return its exit code."""
        while True:
            if (returncode := self._ended(within=0.2)) is not None:
                return processes.exit_code(returncode)

    def _ended(self, *, within: float) -> int | None:
        """The server's return code if it ends within these seconds."""
        assert self._child is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._child.wait(within)
        return None


def end_orphans() -> None:
    """End the servers of runs that were killed: each left a note of its process, beside a lock that is open now."""
    for note in _note(0).parent.glob("*.server"):
        lock = locks.FileLock(note.with_suffix(""))
        if not lock.try_acquire():
            continue
        import psutil

        with contextlib.suppress(psutil.Error, ValueError):
            pid, created, _stage_id = note.read_text(encoding="utf-8").split()
            if str(_created(int(pid))) == created:  # otherwise another process has the number by now
                orphan = psutil.Process(int(pid))
                for process in [*orphan.children(recursive=True), orphan]:
                    process.kill()
        note.unlink(missing_ok=True)
        lock.release(remove=True)


def address_of(stage: Stage) -> str | None:
    """Where a run serves the stage at this moment, if one does."""
    for note in _note(0).parent.glob("*.server"):
        lock = locks.FileLock(note.with_suffix(""))
        if lock.try_acquire():  # its run was killed
            lock.release()
        elif note.read_text(encoding="utf-8").split()[2:] == [stage.id]:
            return f"http://{ports.HOST}:{note.stem}"
    return None


def _note(port: int) -> Path:
    return ports.lock_file(port).with_suffix(".server")


def _created(pid: int) -> float:
    """When a process began: with its number, its identity."""
    import psutil

    return float(psutil.Process(pid).create_time())
