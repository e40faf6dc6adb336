"""A stage's server on this machine: uvicorn in the stage's folder, with reload."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from typing import Self

from course.errors import CourseError
from course.machine import orphans, ports, processes, readiness, watching
from course.stages import Stage

GRACE_SECONDS = 8.0  # more than the server gives its own clients


class PortTakenError(CourseError):
    """Another program has taken the port in the moment between looking and listening."""

    def __init__(self, port: int) -> None:
        super().__init__(f"Port {port} was taken by another program: try again.")


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
        self._app_was_seen = False
        self._lines_at_end = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._shown.clear()
        if self._child is None:
            return
        with processes.shielded():
            processes.end(self._child, signum=signal.SIGINT, grace=GRACE_SECONDS)
            orphans.forget(ports.lock_file(self._port))

    def start(self) -> None:
        """Start the server, without waiting until it answers."""
        command = [sys.executable, "-m", "uvicorn", self.stage.app, "--reload"]
        command += ["--host", ports.HOST, "--port", str(self._port), "--timeout-graceful-shutdown", "5"]
        if sys.stderr.isatty():
            command.append("--use-colors")
        if watching.must_poll(self.stage.folder):
            self._env[watching.POLLING] = "1"
        with processes.shielded():
            self._child = processes.start(command, cwd=self.stage.folder, env=self._env, output=subprocess.PIPE)
            orphans.note(ports.lock_file(self._port), self._child.pid, self.stage.id)
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
        """Return once the server answers. Raises CourseError, with its output, if it ends or hangs."""
        assert self._child is not None
        try:
            readiness.wait_until(self._is_ready, self._child, lambda: len(self._held_back))
        except readiness.NotReadyError as error:
            if self._child.poll() is not None and not ports.is_free(self._port):
                raise PortTakenError(self._port) from error
            output = b"".join(self._held_back).decode(errors="replace").strip()
            raise CourseError(f"The server of {self.stage.path} {error}; it said:\n{output}") from error

    def _is_ready(self) -> bool:
        assert self._child is not None
        if ports.is_listened_on(self._port):
            # With reload, uvicorn says that it runs before it listens. Another server that was faster is found here:
            # uvloop says nothing of it.
            if not ports.is_served_by(self._child.pid, self._port):
                raise PortTakenError(self._port)
            if readiness.answers(f"{self.url}/health"):
                return True
        if self._app_has_ended():
            if self._lines_at_end == len(self._held_back):  # it has been read to its last line
                raise readiness.NotReadyError("did not start")
            self._lines_at_end = len(self._held_back)
        return False

    def _app_has_ended(self) -> bool:
        """Has the app's process ended, which a server with reload outlives, to wait for a better one?"""
        import psutil

        assert self._child is not None
        with contextlib.suppress(psutil.Error):
            # Of all below it: on Windows an environment's Python is a program that starts another.
            for process in psutil.Process(self._child.pid).children(recursive=True):
                is_alive = process.status() != psutil.STATUS_ZOMBIE
                command = " ".join(process.cmdline()) if is_alive else ""
                if "--reload" not in command and "resource_tracker" not in command:  # nor the two beside it
                    self._app_was_seen = True
                    if is_alive:
                        return False
        return self._app_was_seen

    def wait(self) -> int:
        """Wait until the server ends, and return its exit code."""
        assert self._child is not None
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return processes.exit_code(self._child.wait(0.2))


def end_orphans() -> None:
    """End the servers of runs that were killed."""
    orphans.living(ports.lock_file(0).parent)


def address_of(stage: Stage) -> str | None:
    """Where a run serves the stage at this moment, if one does."""
    served = (port for port, stage_id in orphans.living(ports.lock_file(0).parent).items() if stage_id == stage.id)
    return next((f"http://{ports.HOST}:{port}" for port in served), None)
