"""`course doctor`: what is there on this machine, what is missing, and the mend."""

import os
import platform
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from course.errors import CourseError
from course.machine import browsers, embedded, ladder
from course.machine.ports import FIRST_PORT, is_free
from course.paths import ROOT, home

DISK_NEEDED_MB = 500


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    there: bool
    detail: str
    fix: str = ""
    needed: bool = True  # without it, the course can't be done; otherwise a part of it


def find_all() -> list[Finding]:
    return [finding for look in LOOKS for finding in look()]


def show() -> int:
    """Print the findings, and return 1 if something is missing that is needed, else 0."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    findings = find_all()
    for each in findings:
        state = "[green]ok[/]" if each.there else "[red]missing[/]" if each.needed else "[yellow]not there[/]"
        table.add_row(state, each.what, each.detail)
    console.print(table)
    for each in findings:
        if not each.there:
            console.print(f"{each.what}: {each.fix}", markup=False, highlight=False)
    if any(each.needed and not each.there for each in findings):
        return 1
    console.print("Nothing that the course needs is missing.")
    return 0


def _python() -> list[Finding]:
    version = f"{platform.python_version()}, in {Path(sys.prefix).name}"
    installer = "uv" if shutil.which("uv") else "pip"
    return [Finding("Python", True, version), Finding("Packages", True, f"complete, installed by {installer}")]


def _disk() -> list[Finding]:
    free = shutil.disk_usage(ROOT).free // 2**20
    fix = f"free some: the environments and the database take about {DISK_NEEDED_MB} MB."
    return [Finding("Disk", free >= DISK_NEEDED_MB, f"{free:,} MB free", fix)]


def _given_server() -> list[Finding]:
    url = os.environ.get("DATABASE_URL")
    if not url:
        return []
    try:
        ladder.execute(url, "SELECT 1")
    except CourseError as error:
        return [Finding("DATABASE_URL", False, "set", str(error))]
    return [Finding("DATABASE_URL", True, ladder.without_password(url))]


def _docker() -> list[Finding]:
    from course.machine import container

    try:
        client = container.engine()
    except CourseError as error:
        return [Finding("Docker engine", False, "tests then use the embedded server", str(error), needed=False)]
    engine = Finding("Docker engine", True, client.version()["Version"])
    pull = f"it is pulled by the first test; or do it now: docker pull {container.IMAGE}."
    has_image = container.has_image(client)
    detail = "there" if has_image else "not pulled yet"
    return [engine, Finding(f"Image {container.IMAGE}", has_image, detail, pull, needed=False)]


def _embedded_server() -> list[Finding]:
    needed = not os.environ.get("DATABASE_URL")
    started = time.monotonic()
    try:
        with embedded.leased():
            version = ladder.execute(embedded.url(), "SHOW server_version")[0][0]
    except (CourseError, OSError) as error:
        return [Finding("Embedded PostgreSQL", False, "can't be started", str(error), needed=needed)]
    seconds = time.monotonic() - started
    return [Finding("Embedded PostgreSQL", True, f"{version}, starts in {seconds:.1f} s, data in {home()}")]


def _port() -> list[Finding]:
    free = is_free(FIRST_PORT)
    fix = "nothing to do: `course run` takes the next free one."
    return [Finding(f"Port {FIRST_PORT}", free, "free" if free else "taken", fix, needed=False)]


def _browser() -> list[Finding]:
    browser = browsers.find()
    fix = "install Chromium or Chrome; without one, the tests in a browser are not run."
    return [Finding("Browser", browser is not None, browser or "no Chromium, Chrome or Edge", fix, needed=False)]


LOOKS: tuple[Callable[[], list[Finding]], ...] = (
    _python,
    _disk,
    _given_server,
    _embedded_server,
    _docker,
    _port,
    _browser,
)
