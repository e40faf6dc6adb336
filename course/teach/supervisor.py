"""The process that keeps one stage alive for a notebook, and ends all of it when the notebook's kernel is gone.

A kernel can be stopped in the middle of a cell, or killed, and then cleans up nothing. So what a notebook starts
belongs to this process. It reads its standard input, of which the kernel holds the other end: when that end closes, for
whatever reason, the server is ended, its database dropped and its temporary folder removed.

It writes JSON lines: `{"say": ...}` while something takes long, then either `{"ready": ...}` or `{"error": ...}`.
"""

import asyncio
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from course import demo
from course.errors import CourseError
from course.machine import ladder, locks, ports, processes
from course.machine.material.bugs import broken_copy
from course.machine.material.data import load
from course.machine.run import migrate
from course.paths import home
from course.stages import Stage, stage_by_id

START_SECONDS = 60
CLIENTS_GRACE_SECONDS = 2  # what the server gives those who are still connected
# A server whose loop stood still closes connections that seem idle to it, although the client has just written there.
IDLE_SECONDS = 75
PORTS_TRIED = 3
HOOKS = Path(__file__).with_name("hooks")
READY, LISTENING = "Application startup complete", "Uvicorn running on"


@dataclass(frozen=True)
class Wish:
    """What a notebook wants to have served."""

    stage: str
    bugs: list[str] = field(default_factory=list)
    workers: int = 1
    settings: dict[str, str] = field(default_factory=dict)
    demo: bool = False
    statements: bool = False


@dataclass(frozen=True)
class Served:
    """What the notebook has to know of it."""

    url: str
    database_url: str
    jwt_secret: str
    folder: str  # of the stage's code, the copy if it has a bug
    output: str  # the path of the file that the server's output goes to
    statements: str  # ... and of the one for its SQL statements


def tell(**message: Any) -> None:
    """Write one line to the notebook, if it is still there."""
    with suppress(OSError, ValueError):
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


def keep(wish: Wish) -> None:
    """Serve what is wished for until the kernel lets go. Raises CourseError if it can't be served."""
    with ExitStack() as stack:
        stack.enter_context(listed())
        tell(ready=asdict(_serve(stack, wish)))
        sys.stdin.buffer.read()


def _serve(stack: ExitStack, wish: Wish) -> Served:
    """Start a stage; what has to be ended is put on the stack."""
    found = stage_by_id(wish.stage)
    database_url = stack.enter_context(_database())
    scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="course-live-", ignore_cleanup_errors=True)))
    if wish.bugs:
        learning = load(found.folder)
        bugs = [learning.bug(each) for each in wish.bugs]
        found = replace(found, path=str(stack.enter_context(broken_copy(found, bugs))))
    secret = secrets.token_hex(32)
    env = {**os.environ, "DATABASE_URL": database_url, "JWT_SECRET": secret, **wish.settings}
    migrate(found, env)
    statements = scratch / "statements"
    if wish.statements:
        statements.touch()
        path = os.pathsep.join(filter(None, [str(HOOKS), env.get("PYTHONPATH")]))
        env |= {"PYTHONPATH": path, "COURSE_STATEMENTS": str(statements)}
    url = _start(stack, found, wish.workers, env, scratch / "output")
    if wish.demo:
        asyncio.run(demo.fill(url, secret=secret))
    return Served(url, database_url, secret, str(found.folder), str(scratch / "output"), str(statements))


@contextmanager
def _database() -> Iterator[str]:
    """A database of the notebook's own on the ladder's server, which goes at the end."""
    import asyncpg

    with ladder.server(container=False, say=lambda text: tell(say=text)) as found:
        if found.rung != "url":
            with ladder.fresh_database(found) as url:
                yield url
            return
        # Beside the one that is named. The prefix is cut: a name has at most 63 bytes, and tests add to it once more.
        beside = urlsplit(ladder.plain(found.url)).path.removeprefix("/").lower().replace("-", "_")[:31]
        name = f"{beside}_{secrets.token_hex(4)}_test"
        try:
            ladder.create_database(found.url, name)
        except asyncpg.PostgresError as error:
            raise CourseError(f"A database can't be made beside the one in DATABASE_URL: {error}.") from error
        try:
            yield found.database_url(name)
        finally:
            # `course lab` may have ended the server, and dropped the database, a moment ago.
            with processes.shielded(), suppress(CourseError):
                ladder.drop_database(found.url, name)


def _start(stack: ExitStack, stage: Stage, workers: int, env: dict[str, str], output: Path) -> str:
    """Start a stage's server on a free port, and return its URL once it answers."""
    for _ in range(PORTS_TRIED):
        port = ports.any_free()
        with ExitStack() as attempt:
            child = attempt.enter_context(_process(stage, workers, port, env, output))
            if _answers(child, f"http://{ports.HOST}:{port}", workers, output):
                stack.push(attempt.pop_all())
                return f"http://{ports.HOST}:{port}"
        if ports.is_free(port):  # otherwise another program has taken it meanwhile
            break
    said = output.read_text(encoding="utf-8", errors="replace").strip()
    raise CourseError(f"The server of {stage.path} did not start; it said:\n{said}")


@contextmanager
def _process(
    stage: Stage, workers: int, port: int, env: dict[str, str], output: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    """A stage's server, ended at the end of the block."""
    command = [sys.executable, "-m", "uvicorn", stage.app, "--host", ports.HOST, "--port", str(port)]
    command += ["--timeout-graceful-shutdown", str(CLIENTS_GRACE_SECONDS), "--timeout-keep-alive", str(IDLE_SECONDS)]
    if workers > 1:
        command += ["--workers", str(workers)]
    # Written to a file: a pipe that nobody empties stops the server once it is full.
    with output.open("wb") as file, processes.shielded():
        child = subprocess.Popen(
            command,
            cwd=stage.folder,
            env={**env, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            **processes.apart(),
        )
        _note_server(child.pid, output.parent)
    try:
        yield child
    finally:
        with processes.shielded():
            processes.end(child, grace=CLIENTS_GRACE_SECONDS + 3)


def _answers(child: "subprocess.Popen[bytes]", url: str, workers: int, output: Path) -> bool:
    """Wait until every worker is up and the server answers; False if it ends before, or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        said = output.read_text(encoding="utf-8", errors="replace")
        if LISTENING in said and said.count(READY) >= workers:
            try:
                with urllib.request.urlopen(f"{url}/health", timeout=5):  # noqa: S310
                    return True
            except urllib.error.HTTPError:
                return True  # it has no such path, but it answers
            except OSError:
                pass
        time.sleep(0.03)
    return False


def _folder() -> Path:
    return home() / "live"


def living() -> list[str]:
    """The names of the keepers that are at work. What one that was killed has left is ended on the way."""
    found = []
    for path in sorted(_folder().glob("*.lock")):
        lock = locks.FileLock(path)
        if lock.try_acquire():
            _end_orphan(path.with_suffix(".server"))
            lock.release(remove=True)
        else:
            found.append(path.stem)
    return found


@contextmanager
def listed() -> Iterator[None]:
    """Be one of `living` for the length of the block."""
    living()
    lock = locks.FileLock(_folder() / f"{os.getpid()}.lock")
    lock.try_acquire()
    try:
        yield
    finally:
        _note().unlink(missing_ok=True)
        lock.release(remove=True)


def _note() -> Path:
    return _folder() / f"{os.getpid()}.server"


def _note_server(pid: int, scratch: Path) -> None:
    """Note the server's process and the temporary folder, for whoever finds this one dead."""
    import psutil

    with suppress(psutil.Error):
        _note().write_text(f"{pid} {psutil.Process(pid).create_time()} {scratch}", encoding="utf-8")


def _end_orphan(note: Path) -> None:
    import psutil

    with suppress(ValueError, FileNotFoundError):
        pid, created, scratch = note.read_text(encoding="utf-8").split(maxsplit=2)
        with suppress(psutil.Error):
            orphan = psutil.Process(int(pid))
            if str(orphan.create_time()) == created:  # otherwise another process has the number by now
                for process in [*orphan.children(recursive=True), orphan]:
                    process.kill()
        shutil.rmtree(scratch, ignore_errors=True)
    note.unlink(missing_ok=True)


def main(wish: str) -> None:
    """`python -m course.teach.supervisor WISH`, the wish as JSON."""
    with processes.as_program():
        try:
            keep(Wish(**json.loads(wish)))
        except CourseError as error:
            tell(error=str(error))
            sys.exit(error.exit_code)


if __name__ == "__main__":
    main(sys.argv[1])
