"""`course prepare`: fetch all that the course may need, so that it works where there is no network."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from course import environment
from course.errors import CourseError
from course.machine import embedded, ladder, processes, reasons, sessions, set_up
from course.paths import ROOT, home
from course.teach import lab
from course.teach.notebooks import jupyter

NEED_THE_NETWORK = {"audit", "lock"}  # sessions that are of no use without it


@dataclass(frozen=True)
class Item:
    """One thing that can be fetched in advance."""

    name: str
    fetch: Callable[[], str]  # returns what there is to say of it
    optional: bool = False


def prepare() -> int:
    """Fetch everything, and say what could not be fetched; returns 1 if something of it is needed, else 0."""
    started = time.monotonic()
    missing = []
    for item in _items():
        if not _fetched(item):
            missing.append(item)
    if needed := [item.name for item in missing if not item.optional]:
        ladder.to_stderr(f"Not fetched: {', '.join(needed)}. Run `course prepare` again where the network allows it.")
        return 1
    ladder.to_stderr(f"Prepared in {time.monotonic() - started:.0f} s. From now on the course needs no network.")
    return 0


def _fetched(item: Item) -> bool:
    """Fetch one thing and tell how it went."""
    started = time.monotonic()
    ladder.to_stderr(f"{item.name} ...")
    try:
        told = item.fetch()
    except CourseError as error:
        ladder.to_stderr(f"  {'not there' if item.optional else 'not fetched'}: {error}")
        return False
    ladder.to_stderr(f"  {told} ({time.monotonic() - started:.0f} s)")
    return True


def _items() -> Iterator[Item]:
    """What there is to fetch, what is needed first. The packages of the `course` command are there already."""
    yield Item("JupyterLab and the notebooks' packages", _jupyter)
    yield Item("What builds the lessons' site", partial(_added, "site"))
    yield Item("The embedded PostgreSQL server", _embedded)
    yield Item("The PostgreSQL image, for a Docker engine", _image, optional=True)
    yield Item("What makes the environments of `course test`", partial(_added, "checks"), optional=True)
    own = [each for each in sessions.sessions() if each.has_environment and each.name not in NEED_THE_NETWORK]
    for number, session in enumerate(own, start=1):
        name = f"The environment of `course test {session.full_name}`, {number} of {len(own)}"
        yield Item(name, partial(_environment, session))


def _jupyter() -> str:
    lab.install()
    # matplotlib reads all of the machine's fonts once, which would hold up the first plot.
    code = "import matplotlib.font_manager"
    env = environment.child(**jupyter.environment())
    subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=False)
    return "there"


def _added(group: str) -> str:
    set_up.add(group)
    return "there"


def _embedded() -> str:
    with embedded.leased(lambda text: ladder.to_stderr(f"  {text}")):
        return str(ladder.execute(embedded.url(), "SHOW server_version")[0][0])


def _image() -> str:
    from course.machine import container

    container.prepare(lambda text: ladder.to_stderr(f"  {text}"))
    return container.IMAGE


def _environment(session: sessions.Session) -> str:
    """Make a session's environment, as its first run would."""
    log = home() / "prepare.log"
    command = [*sessions.NOX, "--install-only", "--session", session.full_name]
    if processes.run_apart(command, log=log, cwd=ROOT, env=environment.installer()) != 0:
        raise CourseError(f"{reasons.of_installer(log.read_text(encoding='utf-8', errors='replace'))} (see {log})")
    return "there"
