"""Running a stage's tests on some copy of its code, and what came of it, test by test."""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from course.machine.processes import run_apart

PLUGIN = Path(__file__).with_name("pytest_plugin")
JWT_SECRET = "a secret for tests alone, 32 bytes or more"  # noqa: S105 - protects nothing
TIMEOUT_SECONDS = 120.0  # a run that takes longer hangs
SETTINGS_OF_PYTEST = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTHONPATH", "PYTHONSTARTUP")


@dataclass(frozen=True)
class Outcome:
    """What happened to one test."""

    test: str
    outcome: str  # passed, failed, skipped
    happened: str = ""  # one clause
    trace: str = ""
    text: str = ""  # the trace and all that was captured

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

    exit_code: int
    outcomes: tuple[Outcome, ...]
    output: str

    @property
    def failed(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.outcome == "failed"]

    @property
    def good(self) -> bool:
        """Whether there were tests and all of them passed."""
        return self.exit_code == 0 and bool(self.outcomes)

    @property
    def complaint(self) -> str:
        """The last lines of pytest's output, for a run that could not even begin."""
        lines = [line for line in self.output.splitlines() if line.strip()]
        return "\n".join(lines[-15:])


def run_tests(
    code: Path,
    tests: Sequence[str],
    *,
    tests_from: Path | None = None,
    stop_at_first: bool = False,
    database_url: str,
    seconds: float | None = None,
) -> Run:
    """Run tests, by node id, on the code in the folder `code`.

    `tests_from` is the folder of the stage whose test files are meant, if it is another. A run that takes longer than
    `seconds`, or TIMEOUT_SECONDS, is ended and raises TimeoutError.
    """
    place = tests_from or code
    targets = [str(place / file) + selector for file, selector in map(_split, tests)]
    with tempfile.TemporaryDirectory(prefix="course-tests-") as scratch:
        report, log = Path(scratch, "report.json"), Path(scratch, "log.txt")
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "course_report",
            "-p",
            "anyio",
            "-p",
            "no:cacheprovider",
            "-q",
            "--no-header",
        ]
        command += [
            "--tb=short",
            "--color=no",
            "-c",
            str(code / "pytest.ini"),
            "--rootdir",
            str(place),
            "--confcutdir",
            str(place),
        ]
        command += [*(["-x"] if stop_at_first else []), *targets]
        exit_code = run_apart(
            command,
            log=log,
            tick=_deadline(seconds or TIMEOUT_SECONDS),
            cwd=code,
            env=_environment(report, database_url),
        )
        output = log.read_text(encoding="utf-8", errors="replace")
        if not report.exists():
            return Run(exit_code, (), output)
        entries = json.loads(report.read_text(encoding="utf-8"))
    return Run(exit_code, tuple(Outcome(**entry) for entry in entries), output)


def _split(test: str) -> tuple[str, str]:
    file, separator, name = test.partition("::")
    return file, separator + name


def _deadline(seconds: float) -> Callable[[], None]:
    """A function that raises TimeoutError once so many seconds have passed."""
    end = time.monotonic() + seconds

    def check() -> None:
        if time.monotonic() > end:
            raise TimeoutError(f"still running after {seconds:.0f} s")

    return check


def _environment(report: Path, database_url: str) -> dict[str, str]:
    """What a test run sees: the user's environment without other pytest settings, and what the stage needs."""
    kept = {name: value for name, value in os.environ.items() if name not in SETTINGS_OF_PYTEST}
    return kept | {
        "PYTHONPATH": str(PLUGIN),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # half a second faster, and the same for everybody
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "COURSE_REPORT": str(report),
        "DATABASE_URL": database_url,
        "JWT_SECRET": JWT_SECRET,
    }
