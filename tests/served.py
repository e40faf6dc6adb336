"""A stage's own server, which a test can stop and start again on the same port."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Self

import psutil

from course.machine import ports, processes, readiness
from course.stages import Stage

STOP_SECONDS = 12
READY = b"Application startup complete"
# A machine that stands still for two seconds would make the app answer 503: here that is no fault of the app's.
PATIENT = dict.fromkeys(("DATABASE_REQUEST_SECONDS", "DATABASE_STATEMENT_SECONDS", "DATABASE_LOCK_SECONDS"), "30")


class Served:
    """A stage served within a `with` block, whenever it is started there."""

    def __init__(self, stage: Stage, port: int, database_url: str, workers: int = 1) -> None:
        self.url = f"http://{ports.HOST}:{port}"
        self._port = port
        self._workers = workers
        self._folder: Path = stage.folder
        self._command = [sys.executable, "-m", "uvicorn", stage.app, "--host", ports.HOST, "--port", str(port)]
        self._command += ["--workers", str(workers), "--timeout-graceful-shutdown", "5"]
        self.env = {**os.environ, "DATABASE_URL": database_url, "JWT_SECRET": "for the tests in a browser alone, ok"}
        self._scratch = tempfile.TemporaryDirectory(prefix="course-served-", ignore_cleanup_errors=True)
        self._log = Path(self._scratch.name, "output.txt")
        self._said = b""
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._said = self.output
        self._scratch.cleanup()

    @property
    def output(self) -> bytes:
        """All that it has said, since its first start; also after the block."""
        return self._log.read_bytes() if self._log.exists() else self._said

    def start(self) -> None:
        """Start the server, and wait until every worker says that it is ready."""
        began = len(self.output)  # a second start writes behind the first one's lines
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=self._folder, env=self.env, stdout=log, stderr=subprocess.STDOUT, **processes.apart()
            )

        def is_ready() -> bool:
            lines = self.output[began:].splitlines()
            all_ready = sum(READY in line for line in lines) == self._workers
            return all_ready and ports.is_served_by(self.process.pid, self._port)

        try:
            readiness.wait_until(is_ready, self._process, lambda: len(self.output))
        except readiness.NotReadyError as error:
            raise AssertionError(f"the server {error}:\n{self.output.decode(errors='replace')}") from error

    @property
    def process(self) -> psutil.Process:
        """The server's process, which answers itself where there are no workers."""
        assert self._process is not None
        return psutil.Process(self._process.pid)

    def workers(self) -> list[psutil.Process]:
        """The processes that answer, where there are several."""
        children = self.process.children(recursive=True)
        return [
            each
            for each in children
            if each.status() != psutil.STATUS_ZOMBIE and "resource_tracker" not in str(each.cmdline())
        ]

    def stop(self) -> None:
        """End the server as a host would, with all its clients still connected."""
        if self._process is not None:
            processes.end(self._process, signum=signal.SIGTERM, grace=STOP_SECONDS)
            self._process = None
