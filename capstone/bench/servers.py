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
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

STAGE = Path(__file__).parents[1]
START_SECONDS = 60
STOP_SECONDS = 10


def environment(database_url: str) -> dict[str, str]:
    """The environment of a variant: what every stage needs."""
    secret = {"JWT_SECRET": os.environ.get("JWT_SECRET") or secrets.token_hex(32)}
    return {**os.environ, **secret, "DATABASE_URL": database_url}


class Server:
    """A variant that is being served."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        self.process = process
        self.port = port

    def memory(self) -> str:
        """The memory of the process in MiB, where the system says it this way."""
        path = Path(f"/proc/{self.process.pid}/statm")
        if not path.exists():
            return "unknown"
        return f"{int(path.read_text(encoding='ascii').split()[1]) * os.sysconf('SC_PAGE_SIZE') / 2**20:.0f}"


def seconds_worked(server: Server) -> tuple[float, float, float]:
    """How long processors have worked so far for a server, for PostgreSQL, and for everybody; zeros where /proc is not.

    A database on another machine, or in another's container, counts as nothing.
    """
    of_server = of_database = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            name, _, rest = path.read_text(encoding="utf-8").partition("(")[2].rpartition(")")
            numbers = rest.split()
            worked = int(numbers[11]) + int(numbers[12])
            of_server += worked if server.process.pid in (int(path.parent.name), int(numbers[1])) else 0
            of_database += worked if name == "postgres" else 0
    if not Path("/proc/stat").exists():
        return 0, 0, 0
    user, nice, system, _, _, irq, softirq = Path("/proc/stat").read_text(encoding="ascii").split()[1:8]
    of_all = sum(int(each) for each in (user, nice, system, irq, softirq))
    ticks = os.sysconf("SC_CLK_TCK")
    return of_server / ticks, of_database / ticks, of_all / ticks


@contextmanager
def served(app: str, env: dict[str, str], *, workers: int = 1) -> Iterator[Server]:
    """Serve an app with uvicorn for the length of the block. Raises RuntimeError if it does not start."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "uvicorn", app, "--port", str(port), "--workers", str(workers)]
    # As it is hosted. uvicorn's own lines, which the capstone replaces by one of its own, are no part of a variant.
    command += ["--timeout-graceful-shutdown", "5", "--no-access-log"]
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
