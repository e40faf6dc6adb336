"""Running a stage's tests on copies of its code, many at once, and what came of it, test by test."""

import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from course import environment
from course.machine.processes import run, run_apart

PLUGIN = Path(__file__).with_name("pytest_plugin")
FLAGS = ("-p", "no:cacheprovider", "-q", "--no-header", "--tb=short", "--color=no")
JWT_SECRET = "a secret for tests alone, 32 bytes or more"  # noqa: S105 - protects nothing
FORK = sys.platform == "linux"  # macOS has it too, but its own libraries have threads that do not survive it
TIMEOUT_SECONDS = 120.0  # a run that takes longer hangs


@dataclass(frozen=True)
class Outcome:
    """What happened to one test."""

    test: str
    outcome: str  # passed, failed, skipped
    happened: str = ""  # one clause
    trace: str = ""
    text: str = ""  # the trace and all that was captured
    error: str = ""  # the exception's type and text, if it was no assertion
    frames: Sequence[dict[str, Any]] = ()  # of the traceback, the libraries' folded
    values: Sequence[str] = ()  # of an assertion's comparison: what was expected, and what was seen
    printed: str = ""
    stderr: str = ""  # the last line that was written to it
    facts: dict[str, Any] = field(default_factory=dict)  # see pytest_plugin/course_facts.py
    line: int = 0  # of the test in its file

    @property
    def passed(self) -> bool:
        return self.outcome == "passed"

    @property
    def sentence(self) -> str:
        """The test's name as it would be said: `test_a_b[NUL]` becomes `a b (NUL)`."""
        name, _, parameters = self.test.rpartition("::")[2].partition("[")
        words = name.removeprefix("test_").replace("_", " ")
        return f"{words} ({parameters.removesuffix(']')})" if parameters else words

    @property
    def is_import(self) -> bool:
        """Whether this tells of a whole file of tests that could not be imported."""
        return "::" not in self.test

    def concerns(self, test: str) -> bool:
        """Whether a node id names this test, its file or all its parameters, or is of the file that this tells of."""
        return (
            self.test == test
            or self.test.startswith((f"{test}::", f"{test}["))
            or (self.is_import and test.startswith(f"{self.test}::"))
        )


@dataclass(frozen=True)
class Run:
    """One run of pytest."""

    exit_code: int | None  # None: it was still running when its time was over
    outcomes: tuple[Outcome, ...]
    output: str
    seconds: float = 0.0
    planned: int = 0  # so many tests would have been run, had none ended the run

    @property
    def failed(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.outcome == "failed"]

    @property
    def good(self) -> bool:
        """Whether there were tests and all of them passed."""
        return self.exit_code == 0 and bool(self.outcomes)

    @property
    def hangs(self) -> str:
        """That it hangs, in a few words, or nothing."""
        return f"still running after {self.seconds:.0f} s" if self.exit_code is None else ""

    @property
    def complaint(self) -> str:
        """The last lines of pytest's output, for a run that could not even begin."""
        lines = [line for line in self.output.splitlines() if line.strip()]
        return self.hangs or "\n".join(lines[-15:]) or f"pytest ended with exit status {self.exit_code}"


@dataclass(frozen=True)
class Job:
    """A run of pytest that is to be: where, and with which arguments."""

    folder: Path
    arguments: tuple[str, ...]
    seconds: float | None = None  # after which it hangs; TIMEOUT_SECONDS if there is nothing to be said
    test_seconds: float | None = None  # after which one of its tests hangs: then failures are explained, too
    explain_first: bool = False  # of the failures only the first one


def job_on(
    code: Path,
    tests: Sequence[str],
    *,
    tests_from: Path | None = None,
    stop_at_first: bool = False,
    seconds: float | None = None,
    test_seconds: float | None = None,
    explain_first: bool = False,
) -> Job:
    """Tests, by node id, on the code in a folder; `tests_from` is the folder with the test files, if it is another."""
    place = tests_from or code
    targets = [_target(place / file, code) + selector for file, selector in map(_split, tests)]
    where = ["-c", str(code / "pytest.ini"), "--rootdir", str(place), "--confcutdir", str(place)]
    arguments = (*FLAGS, *where, *(["-x"] if stop_at_first else []), *targets)
    return Job(code, arguments, seconds, test_seconds, explain_first)


def debug_tests(code: Path, tests: Sequence[str], *, tests_from: Path, database_url: str) -> int:
    """Run tests in this terminal, with pytest's debugger at the first that fails; returns pytest's exit code."""
    job = job_on(code, tests, tests_from=tests_from, stop_at_first=True)
    command = [sys.executable, "-m", "pytest", "-s", "--pdb", "-p", "anyio.pytest_plugin", *job.arguments]
    return run(command, cwd=code, env=_environment(database_url))


def run_all(
    jobs: Sequence[Job],
    *,
    database_url: str,
    told: Callable[[int, Run], object] = lambda number, run: None,
    counted: Callable[[int, int], object] = lambda done, planned: None,
    gate: bool = False,
) -> list[Run]:
    """Run them, as many at once as there are processors; `told` hears of each, by its number, soon after its end.

    With `gate` no other begins before the first one has passed. Raises Stopped if this process is to end.
    """
    with tempfile.TemporaryDirectory(prefix="course-tests-", ignore_cleanup_errors=True) as scratch:
        folders = [Path(scratch, str(number)) for number in range(len(jobs))]
        entries = []
        for folder, job in zip(folders, jobs, strict=True):
            folder.mkdir()
            where = {"folder": str(folder), "cwd": str(job.folder)}
            limits = {"seconds": job.seconds or TIMEOUT_SECONDS, "test_seconds": job.test_seconds}
            entries.append({**where, **limits, "explain_first": job.explain_first, "arguments": job.arguments})
        batch = Path(scratch, "batch.json")
        how = {"fork": FORK, "workers": os.cpu_count() or 1, "gate": gate}
        batch.write_text(json.dumps({**how, "runs": entries}), encoding="utf-8")
        runs: dict[int, Run] = {}

        def tick() -> None:
            for number, folder in enumerate(folders):
                if number not in runs and (folder / "done.json").exists():
                    runs[number] = _read(folder)
                    told(number, runs[number])
                elif (progress := folder / "report.progress").exists() and (text := progress.read_text()):
                    done, planned = text.split()
                    counted(int(done), int(planned))

        log = Path(scratch, "log.txt")
        command = [sys.executable, str(PLUGIN / "course_runs.py"), str(batch)]
        exit_code = run_apart(command, log=log, tick=tick, cwd=scratch, env=_environment(database_url))
        tick()
        not_begun = Run(exit_code, (), log.read_text(encoding="utf-8", errors="replace"))
    return [runs.get(number, not_begun) for number in range(len(jobs))]


def _target(path: Path, code: Path) -> str:
    """A path as pytest reads it, which takes what stands in brackets for a test's parameter."""
    return os.path.relpath(path, code) if "[" in str(path) else str(path)


def _split(test: str) -> tuple[str, str]:
    file, separator, name = test.partition("::")
    return file, separator + name


def _read(folder: Path) -> Run:
    """What a run has left in its folder."""
    done = json.loads((folder / "done.json").read_text(encoding="utf-8"))
    output = (folder / "log.txt").read_text(encoding="utf-8", errors="replace")
    report = folder / "report.json"
    told = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
    outcomes = tuple(Outcome(**entry) for entry in told.get("tests", ()))
    return Run(done["exit_code"], outcomes, output, done["seconds"], told.get("planned", 0))


def _environment(database_url: str) -> dict[str, str]:
    """What a test run sees: this machine, and what the stage needs."""
    return environment.without_settings(
        PYTHONPATH=str(PLUGIN),
        PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",  # half a second faster, and the same for everybody
        PYTHONDONTWRITEBYTECODE="1",
        DATABASE_URL=database_url,
        JWT_SECRET=JWT_SECRET,
    )
