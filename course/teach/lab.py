"""`course lab`: JupyterLab on copies of the notebooks, with the course's own kernel and a live database."""

import os
import secrets
import subprocess
import sys
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import typer

from course import environment
from course.errors import CourseError
from course.machine import ladder, ports, processes, readiness, set_up, supervisor
from course.paths import ROOT, from_here, home
from course.teach import copies
from course.teach.notebooks import jupyter, sources

GRACE_SECONDS = 15.0  # for JupyterLab to end its kernels
SUPERVISORS_SECONDS = 10  # for what the kernels had started
LOG_LINES = 12  # of its log, where it does not start
MARK = "COURSE_LAB"  # tells the processes of this lab from another's


def open_lab(wanted_port: int, *, browser: bool, fresh: bool, slides: bool = False) -> int:
    """Serve JupyterLab until Ctrl-C, or until it is shut down from its menu; returns the exit code.

    `fresh` brings the notebooks back as they are stored, and keeps what was written in them aside. With `slides` they
    are shown one cell at a time.

    Raises CourseError if something is missing.
    """
    if not sources.paths():
        raise CourseError(f"There are no notebooks in {sources.FOLDER}: is this clone complete?")
    install()
    told = copies.bring_up_to_date(fresh=fresh, slides=slides)
    folder = copies.folder(slides=slides)
    # The notebooks make their databases beside this one, and all of them go at the end.
    with ladder.server(container=False) as found, ladder.given_or_fresh(found) as database_url:
        token, mark = secrets.token_hex(16), secrets.token_hex(6)
        env = environment.child(**jupyter.environment(slides=slides), JUPYTER_TOKEN=token, **{MARK: mark})
        env |= {"DATABASE_URL": database_url, "COURSE_POSTGRES": "url"}
        with ports.reserved(wanted_port) as port, _waits_for_supervisors(mark), _jupyter(port, folder, env) as child:
            shown = quote(folder.relative_to(copies.served_from()).as_posix())
            address = f"http://{ports.HOST}:{port}/lab/tree/{shown}?token={token}"
            _wait_until_ready(child, port)
            _tell(address, folder, told)
            if slides:
                _tell_of_slides(f"http://{ports.HOST}:{port}/rise/{shown}", token)
            if browser:
                webbrowser.open(address)
            return _wait(child)


def install() -> None:
    """Add JupyterLab to the course's environment if it is not there. Raises CourseError, with the fix, if it can't."""
    try:
        set_up.add(jupyter.GROUP)
    except CourseError as error:
        fix = "Run `python3 -m course prepare` once, where there is a network."
        raise CourseError(f"JupyterLab is not installed yet, and it can't be fetched now. {fix}\n{error}") from error


@contextmanager
def _jupyter(port: int, folder: Path, env: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """JupyterLab's process, ended at the end. Out of the terminal's reach: it would ask whether a Ctrl-C is meant."""
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--log-level=WARN", f"--port={port}"]
    command += [f"--ServerApp.ip={ports.HOST}", "--ServerApp.port_retries=0"]
    command += [f"--ServerApp.root_dir={copies.served_from()}", "--LabApp.extension_manager=readonly"]
    command += [f"--FileContentsManager.preferred_dir={folder}"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    with _log().open("wb") as log:
        child = processes.start(command, cwd=ROOT, env=env, output=log)
    try:
        yield child
    finally:
        with processes.shielded():
            processes.end(child, grace=GRACE_SECONDS)


def _log() -> Path:
    return home() / "jupyter" / "lab.log"


def _wait_until_ready(child: "subprocess.Popen[bytes]", port: int) -> None:
    """Return once JupyterLab answers. Raises CourseError, with its output, if it ends or hangs."""
    url = f"http://{ports.HOST}:{port}/api"

    def is_ready() -> bool:
        return ports.is_served_by(child.pid, port) and readiness.answers(url)

    try:
        readiness.wait_until(is_ready, child, lambda: _log().stat().st_size)
    except readiness.NotReadyError as error:
        output = _log().read_text(encoding="utf-8", errors="replace").strip().splitlines()[-LOG_LINES:]
        raise CourseError("\n".join([f"JupyterLab {error}; it said:", *output, f"(see {_log()})"])) from error


def _tell(address: str, folder: Path, told: list[str]) -> None:
    shown = [
        *told,
        f"The notebooks are at {address}",
        f"They are copies, in {from_here(folder)}: write in them what you like.",
        "Each begins with one call that starts its stage; run the cells from top to bottom.",
        "Ctrl-C here, or File > Shut Down there, ends all of it.",
    ]
    typer.echo("\n".join(shown))


def _tell_of_slides(address: str, token: str) -> None:
    """One address for each notebook, and the keys that nobody guesses."""
    for path in sources.paths():
        typer.echo(f"Slides: {address}/{path.name}?token={token}")
    typer.echo("Click beside the code once. Space goes on, Shift+Enter runs a cell; Esc and T open the notes.")


def _wait(child: "subprocess.Popen[bytes]") -> int:
    while True:
        with suppress(subprocess.TimeoutExpired):
            return processes.exit_code(child.wait(0.2))


@contextmanager
def _waits_for_supervisors(mark: str) -> Iterator[None]:
    """After the block, wait until what the kernels had started is cleared away, while its database is still there."""
    try:
        yield
    finally:
        with processes.shielded():
            deadline = time.monotonic() + SUPERVISORS_SECONDS
            while _supervisors(mark) and time.monotonic() < deadline:
                time.sleep(0.05)


def _supervisors(mark: str) -> list[str]:
    """The supervisors that notebooks of this lab have started and that are still at work."""
    import psutil

    found = []
    for pid in supervisor.living():
        with suppress(psutil.Error):
            if psutil.Process(int(pid)).environ().get(MARK) == mark:
                found.append(pid)
    return found
