"""The process that serves one stage for a notebook.

When the kernel is gone, the server is ended, its database dropped and its temporary folder removed.
"""

import asyncio
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from course import demo, environment
from course.errors import CourseError
from course.machine import ladder, ports, processes, readiness, supervisor
from course.machine.material.bugs import broken_copy
from course.machine.material.data import load
from course.machine.migrations import migrate
from course.stages import Stage, stage_by_id

CLIENTS_GRACE_SECONDS = 2  # what the server gives those who are still connected
# A server whose loop stood still closes connections that seem idle to it, although the client has just written there.
IDLE_SECONDS = 75
PORTS_TRIED = 3
HOOKS = Path(__file__).with_name("hooks")
READY = "Application startup complete"


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


def _serve(stack: ExitStack, wish: Wish) -> Served:
    """Start a stage; what has to be ended is put on the stack."""
    found = stage_by_id(wish.stage)
    database_url = stack.enter_context(ladder.fresh_database(say=supervisor.say))
    scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="course-live-", ignore_cleanup_errors=True)))
    if wish.bugs:
        learning = load(found.folder)
        bugs = [learning.bug(each) for each in wish.bugs]
        found = replace(found, path=str(stack.enter_context(broken_copy(found, bugs))))
    secret = secrets.token_hex(32)
    env = environment.without_settings(**{"DATABASE_URL": database_url, "JWT_SECRET": secret} | wish.settings)
    migrate(found, env)
    statements = scratch / "statements"
    if wish.statements:
        statements.touch()
        env |= {"PYTHONPATH": str(HOOKS), "COURSE_STATEMENTS": str(statements)}
    url = _start(stack, found, wish.workers, env, scratch / "output")
    if wish.demo:
        asyncio.run(demo.fill(url, secret=env["JWT_SECRET"]))
    return Served(
        url, env["DATABASE_URL"], env["JWT_SECRET"], str(found.folder), str(scratch / "output"), str(statements)
    )


def _start(stack: ExitStack, stage: Stage, workers: int, env: dict[str, str], output: Path) -> str:
    """Start a stage's server on a free port, and return its URL once it answers."""
    for _ in range(PORTS_TRIED):
        port = ports.any_free()
        with ExitStack() as attempt:
            child = attempt.enter_context(_process(stage, workers, port, env, output))
            try:
                _wait_until_ready(child, port, workers, output)
            except readiness.NotReadyError as error:
                why = f"The server of {stage.path} {error}; it said:\n{_text(output).strip()}"
            else:
                stack.push(attempt.pop_all())
                return f"http://{ports.HOST}:{port}"
        if ports.is_free(port):  # otherwise another program has taken it meanwhile
            break
    raise CourseError(why)


def _wait_until_ready(child: "subprocess.Popen[bytes]", port: int, workers: int, output: Path) -> None:
    """Wait until every worker is up and the server answers."""

    def is_ready() -> bool:
        if _text(output).count(READY) < workers or not ports.is_served_by(child.pid, port):
            return False
        return readiness.answers(f"http://{ports.HOST}:{port}/health")

    readiness.wait_until(is_ready, child, lambda: output.stat().st_size)


def _text(output: Path) -> str:
    return output.read_text(encoding="utf-8", errors="replace")


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
        child = processes.start(command, cwd=stage.folder, env={**env, "PYTHONUNBUFFERED": "1"}, output=file)
        supervisor.note(child.pid, output.parent)
    try:
        yield child
    finally:
        with processes.shielded():
            processes.end(child, grace=CLIENTS_GRACE_SECONDS + 3)


def main() -> None:
    """`python -m course.teach.stage_supervisor`: the only order is what to serve."""
    with supervisor.supervising(), ExitStack() as stack:
        orders = supervisor.orders()
        supervisor.tell(done=asdict(_serve(stack, Wish(**next(orders)))))
        for _ in orders:
            pass


if __name__ == "__main__":
    main()
