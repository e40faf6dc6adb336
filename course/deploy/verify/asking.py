"""Ask for the promises of a stage at an address: the contract's suites, in a process of their own."""

import json
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from rich.console import Console
from rich.status import Status

from course import environment
from course.deploy.verify import doors
from course.deploy.verify.recorder import VARIABLE
from course.deploy.verify.report import Report
from course.errors import CourseError, UsageError
from course.machine import processes
from course.machine.material.workspace import Workspace
from course.paths import ROOT
from course.stages import Stage

ANSWER_SECONDS = 30  # a host may have to wake the app first
SAID_LINES = 12


def verify(address: str, stage: Stage, *, only: Sequence[str], as_json: bool) -> int:
    """Ask, show the report, and return the exit code: 0 only if every promise is kept.

    Raises UsageError for what is no address, CourseError if the stage does not answer there.
    """
    url = checked(address)
    knock(url)
    words = [re.sub(r"\W+", "_", each.strip()).lower() for each in only]
    chosen = doors.named(stage, words)
    began = time.monotonic()
    with Console(stderr=True).status("Trying the doors ..."):
        tried = doors.attempt(url, stage, chosen)
    report = ask(url, stage, words)
    report.tried, report.seconds = tried, time.monotonic() - began
    if not report.promises and not chosen:
        raise UsageError(f"No promise of stage {stage.id} has these words in its name: {', '.join(only)}.")
    if as_json:
        sys.stdout.write(json.dumps(report.as_json(), indent=2) + "\n")
    else:
        report.show()
    if not only:
        _note(report, stage)
    return 1 if report.causes else 0


def _note(report: Report, stage: Stage) -> None:
    """Remember for `course report` what a deployed copy answered, if somebody writes the stage here."""
    workspace = Workspace(stage)
    if workspace.folder.is_dir() and not environment.is_here(report.url):
        kept = f"{len(report.promises) - len(report.broken)} of {len(report.promises)} promises kept"
        workspace.state.verified = f"{report.url}, {date.today().isoformat()}: {kept}"
        workspace.progress.save()


def checked(address: str) -> str:
    """The address without what it does not need. Raises UsageError unless it is one of a web server."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{address!r} is no address of a server: give it as https://my-blog.up.railway.app")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise UsageError(f"Give the server's address alone: {parts.scheme}://{parts.netloc}")
    return f"{parts.scheme}://{parts.netloc}"


def knock(url: str) -> None:
    """See whether a stage answers. Raises CourseError that says who does, or why nobody."""
    try:
        answer = environment.request("GET", f"{url}/health", timeout=ANSWER_SECONDS)
    except httpx.HTTPError as error:
        why = str(error) or type(error).__name__
        mend = "its certificate is not one to trust" if "CERTIFICATE" in why else "look at its log"
        raise CourseError(f"Nobody answers at {url} ({why}): {mend}.") from error
    if answer.is_redirect:
        raise CourseError(f"{url} sends its visitors on to {answer.headers.get('location')}: give that address.")
    if answer.status_code != httpx.codes.OK or '"ok"' not in answer.text:
        raise CourseError(
            f"What answers at {url} is no stage of the course: to GET /health came {answer.status_code}. "
            "Is it deployed, and healthy?"
        )


def ask(url: str, stage: Stage, words: Sequence[str]) -> Report:
    """Run the suites against the address, and read what they wrote down. Raises CourseError if they could not run."""
    if not (files := _files(words)):
        return Report(url, stage.id, promises=[], not_asked=[], accounts=0, not_deleted=[])
    command = [sys.executable, "-m", "pytest", "-p", "course.deploy.verify.recorder", "-p", "no:cacheprovider"]
    command += [*files, "--stage", stage.id, "--base-url", url]
    if words:
        command += ["-k", " or ".join(words)]
    with tempfile.TemporaryDirectory(prefix="course-verify-") as folder:
        record, log = Path(folder) / "record.jsonl", Path(folder) / "pytest.log"
        env = environment.outward(PYTHONPATH=str(ROOT), **{VARIABLE: str(record)})
        with Console(stderr=True, highlight=False).status("Asking ...") as status:
            code = processes.run_apart(command, log=log, tick=partial(_tell, status, record), cwd=ROOT, env=env)
        if code not in (0, 1, 5) or not record.exists():  # all passed, some failed, none collected
            said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-SAID_LINES:]
            raise CourseError("\n".join(["The suites could not be run; pytest said:", *said]))
        return Report.read(record, url=url, stage_id=stage.id)


def _files(words: Sequence[str]) -> list[str]:
    """The suites with these words in a test's name or their own: to read all of them takes longer than to ask."""
    suites = sorted((ROOT / "tests" / "contract").glob("test_*.py"))
    if words:
        wanted = re.compile("|".join(words))
        suites = [each for each in suites if wanted.search(each.stem) or any(map(wanted.search, _tests(each)))]
    return [each.relative_to(ROOT).as_posix() for each in suites]  # pytest takes a bracket for a parameter


def _tests(suite: Path) -> list[str]:
    return re.findall(r"def (test_\w+)", suite.read_text(encoding="utf-8"))


def _tell(status: Status, record: Path) -> None:
    """How far the asking is, where the output is a terminal."""
    if record.exists():
        first, *lines = record.read_text(encoding="utf-8").splitlines() or ["{}"]
        # What has failed may fail once more while it is cleared away, and the last line is of no test.
        said = [line.partition('"kept": ')[::2] for line in lines if '"kept": ' in line]
        broken = {test for test, kept in said if kept.startswith("false")}
        planned = json.loads(first).get("tests", 0)
        status.update(f"Asking ... {len(dict(said))} of {planned}, broken: {len(broken)}")
