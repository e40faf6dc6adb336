"""`course run`: a stage's server on this machine, with all that it needs."""

import asyncio
import contextlib
import os
import secrets
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

from course import locks, ports, postgres, processes
from course.errors import CourseError
from course.paths import home
from course.stages import Stage

START_SECONDS = 60
SERVER_GRACE_SECONDS = 8.0  # more than the server gives its own clients


def serve(stage: Stage, wanted_port: int) -> int:
    """Serve a stage until Ctrl-C, and return the exit code of its server."""
    say = postgres.to_stderr
    _end_orphans()
    with postgres.server(container=False, say=say) as found, ports.reserved(wanted_port) as port:
        if port != wanted_port:
            say(f"Port {wanted_port} is taken; this is on port {port}.")
        env = {**os.environ, "DATABASE_URL": postgres.stage_database(found, stage.id), "JWT_SECRET": jwt_secret()}
        # Two runs at once must not both fill the same empty database.
        with locks.held(home() / f"run-{stage.id}.lock", on_wait=lambda: say("Waiting for another `course run` ...")):
            migrate(stage, env)
            server = Server(stage, port, env)
            try:
                server.wait_until_ready()
                if stage.demo:
                    _fill(server.url, env["JWT_SECRET"])
            except BaseException:
                server.stop()
                raise
        try:
            _tell(
                stage, server.url, postgres.without_password(found.url) if found.rung == "url" else env["DATABASE_URL"]
            )
            server.show_output()
            return server.wait()
        finally:
            server.stop()


def _tell(stage: Stage, url: str, database_url: str) -> None:
    shown = [
        f"{stage.title} is served at {url}",
        f"Its documentation, to try it out: {url}{stage.docs}",
        f"Its database: {database_url}",
        "Ctrl-C ends it. A file that you save is served at once.",
    ]
    sys.stdout.write("\n".join(shown) + "\n")
    sys.stdout.flush()


def migrate(stage: Stage, env: dict[str, str]) -> None:
    """Bring a stage's database to its newest migration. Raises CourseError, with what Alembic said, if that fails."""
    if not stage.migrations:
        return
    log = home() / f"migrations-{stage.id}.log"
    command = [sys.executable, "-m", "alembic", "upgrade", "head"]
    if processes.run_apart(command, log=log, cwd=stage.folder, env=env) != 0:
        said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise CourseError(f"The migrations of {stage.path} failed: {said[-1] if said else 'no word why'} (see {log}).")


def jwt_secret() -> str:
    """The secret that signs this machine's tokens: JWT_SECRET, or one that is made once and kept."""
    if given := os.environ.get("JWT_SECRET"):
        return given
    path = home() / "jwt-secret"
    with locks.held(home() / "jwt-secret.lock"):
        if not path.exists():
            path.touch(mode=0o600)
        if not path.read_text(encoding="utf-8"):
            path.write_text(secrets.token_hex(32), encoding="utf-8")
    return path.read_text(encoding="utf-8")


def _fill(base_url: str, secret: str) -> None:
    """Fill an empty blog with the demo articles."""
    from course import demo

    if added := asyncio.run(demo.fill(base_url, secret=secret)):
        postgres.to_stderr(f"Wrote {added} demo articles.")


def _orphan_file(port: int) -> Path:
    return ports.lock_file(port).with_suffix(".server")


def _created(pid: int) -> float:
    """When a process began: with its number, its identity."""
    import psutil

    return psutil.Process(pid).create_time()


def _end_orphans() -> None:
    """End the servers of runs that were killed: each left a note of its process beside a lock that is open."""
    for note in ports.lock_file(0).parent.glob("*.server"):
        lock = locks.FileLock(note.with_suffix(""))
        if not lock.try_acquire():
            continue
        import psutil

        with contextlib.suppress(psutil.Error, ValueError):
            pid, created = note.read_text(encoding="utf-8").split()
            orphan = psutil.Process(int(pid))
            if str(_created(orphan.pid)) == created:  # otherwise another process has the number by now
                for process in [*orphan.children(recursive=True), orphan]:
                    process.kill()
        note.unlink()
        lock.release(remove=True)


class Server:
    """A stage's server: uvicorn in the stage's folder, its output held back until `show_output`."""

    def __init__(self, stage: Stage, port: int, env: dict[str, str]) -> None:
        self.url = f"http://{ports.HOST}:{port}"
        self._shown = threading.Event()
        self._held_back: list[bytes] = []
        command = [sys.executable, "-m", "uvicorn", stage.app, "--host", ports.HOST, "--port", str(port), "--reload"]
        command += ["--timeout-graceful-shutdown", "5"]
        if sys.stderr.isatty():
            command.append("--use-colors")
        with processes.shielded():
            self._child = subprocess.Popen(
                command,
                cwd=stage.folder,
                env={**env, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                **processes.apart(),
            )
            self._note = _orphan_file(port)
            self._note.write_text(f"{self._child.pid} {_created(self._child.pid)}", encoding="utf-8")
            self._relay = threading.Thread(target=self._relay_output, daemon=True)
            self._relay.start()

    def _relay_output(self) -> None:
        assert self._child.stdout is not None
        for line in self._child.stdout:
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
        waited = 0.0
        while self._child.poll() is None and waited < START_SECONDS:
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=5):  # noqa: S310
                    return
            except urllib.error.HTTPError:
                return
            except (OSError, ValueError):
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._child.wait(0.05)
                waited += 0.05
        self.stop()
        said = b"".join(self._held_back).decode(errors="replace").strip()
        raise CourseError(f"The server did not start; it said:\n{said}")

    def wait(self) -> int:
        """Wait until the server ends, and return its exit code."""
        while True:
            try:
                return processes.exit_code(self._child.wait(0.2))
            except subprocess.TimeoutExpired:
                continue

    def stop(self) -> None:
        """End the server, and all that it started."""
        with processes.shielded():
            processes.end(self._child, signum=signal.SIGINT, grace=SERVER_GRACE_SECONDS)
            self._note.unlink(missing_ok=True)
            self._relay.join(2)
