"""What is measured: each variant on a uvicorn of its own, and the database that all of them read."""

import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

STAGE = Path(__file__).parents[1]
START_SECONDS = 60
STOP_SECONDS = 10


def environment(database_url: str) -> dict[str, str]:
    """The environment of a variant: what every stage needs, and no lines of a log that nobody reads."""
    secret = {"JWT_SECRET": os.environ.get("JWT_SECRET") or secrets.token_hex(32)}
    return {**os.environ, **secret, "DATABASE_URL": database_url, "LOG_LEVEL": "WARNING"}


class Server:
    """A variant that is being served."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        self.process = process
        self.port = port

    def memory(self) -> float | None:
        """The memory of the process in MiB; None where the system does not say it this way."""
        path = Path(f"/proc/{self.process.pid}/statm")
        if not path.exists():
            return None
        return int(path.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def served(app: str, env: dict[str, str], *, workers: int = 1) -> Iterator[Server]:
    """Serve an app with uvicorn for the length of the block. Raises RuntimeError if it does not start."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "uvicorn", app, "--port", str(port), "--workers", str(workers)]
    command += ["--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "5"]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=STAGE, env=env, stdout=log, stderr=subprocess.STDOUT)
        try:
            if not answers(process, port):
                log.seek(0)
                raise RuntimeError(f"{app} did not start:\n{log.read().decode(errors='replace')}")
            yield Server(process, port)
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def answers(process: "subprocess.Popen[bytes]", port: int) -> bool:
    """Wait until the server answers; False if it ended, or took too long."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return True
        except urllib.error.HTTPError:
            return True  # it has no such path, but it answers
        except OSError:
            time.sleep(0.05)
    return False


@contextmanager
def all_served(apps: list[str], env: dict[str, str]) -> Iterator[dict[str, Server]]:
    """Serve several apps at once, each on a port of its own. One that nobody asks takes no time from the others."""
    with ExitStack() as stack:
        yield {app: stack.enter_context(served(app, env)) for app in apps}
