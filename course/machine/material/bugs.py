"""Bugs by substitution: put a fault into a copy of a stage, and see whether its tests notice."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from course.errors import CourseError
from course.machine.material.data import Bug
from course.machine.material.parallel import in_parallel
from course.machine.material.testing import TIMEOUT_SECONDS, Run, run_tests
from course.machine.material.workspace import copy_stage, read_source, write_source
from course.stages import Stage

ALL_TESTS = ("tests",)
UNBROKEN_SECONDS = 600.0  # all tests of a stage, on a machine that has other things to do


@dataclass(frozen=True)
class Graded:
    """Whether a bug was caught, and by which test, or why it could not be tried."""

    bug: Bug
    caught: bool
    by: str = ""


@dataclass(frozen=True)
class Grade:
    """What a suite is worth: the bugs that it catches; or, in `unbroken`, why it fails without any bug."""

    graded: tuple[Graded, ...] = ()
    unbroken: str | None = None


def apply(bug: Bug, folder: Path) -> None:
    """Put a bug into the stage's copy in `folder`. Raises CourseError if its text is not there exactly once."""
    for change in bug.substitutions:
        path = folder / change.file
        if not path.is_file():
            raise CourseError(f"bug {bug.id} is for {change.file}, which is not there.")
        text = read_source(path)
        if (times := text.count(change.find)) != 1:
            raise CourseError(f"bug {bug.id} looks for a text that stands {times} times in {change.file}, not once.")
        write_source(path, text.replace(change.find, change.replace))


@contextmanager
def broken_copy(stage: Stage, bugs: Sequence[Bug] = ()) -> Iterator[Path]:
    """A copy of the reference stage in a temporary folder, with bugs in it."""
    with tempfile.TemporaryDirectory(prefix=f"course-{stage.id}-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch, stage.folder.name)
        copy_stage(stage.folder, folder)
        for bug in bugs:
            apply(bug, folder)
        yield folder


def grade(
    stage: Stage,
    bugs: Sequence[Bug],
    *,
    database_url: str,
    tests_from: Path | None = None,
    tests: Sequence[str] = ALL_TESTS,
    told: Callable[[Graded], object] = lambda graded: None,
) -> Grade:
    """Run tests, those of the folder `tests_from` or the stage's own, on a copy of the stage for each bug.

    The unbroken stage comes first: tests that fail there grade nothing. `told` hears of each bug once it is tried.
    All of the stage's own tests means those that are known to catch the bug, where they are known.
    """

    def tests_for(bugs: Sequence[Bug], folder: Path) -> Sequence[str]:
        if tuple(tests) != ALL_TESTS or not all(bug.caught_by for bug in bugs):
            return tests
        known = list(dict.fromkeys(test for bug in bugs for test in bug.caught_by))
        if tests_from is None:
            return known
        # Theirs may know it in a file of that name: it goes first, each file by name ("tests" would swallow it).
        first = {test.partition("::")[0] for test in known}
        files = [path.relative_to(folder).as_posix() for path in sorted((folder / "tests").rglob("test_*.py"))]
        return sorted(files, key=lambda file: file not in first) or tests

    def run(broken: Sequence[Bug], concerned: Sequence[Bug], seconds: float) -> Run:
        with broken_copy(stage, broken) as folder:
            if tests_from is not None:
                shutil.rmtree(folder / "tests", ignore_errors=True)
                shutil.copytree(tests_from / "tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
            chosen = tests_for(concerned, folder)
            return run_tests(folder, chosen, stop_at_first=True, database_url=database_url, seconds=seconds)

    try:
        start = time.monotonic()
        unbroken = run([], bugs, UNBROKEN_SECONDS)
        seconds = max(TIMEOUT_SECONDS, 3 * (time.monotonic() - start))  # several run at once, and each one is slower
    except TimeoutError as error:
        return Grade(unbroken=f"without any bug they are {error}")
    if unbroken.failed:
        first = unbroken.failed[0]
        return Grade(unbroken=f"{first.test} fails on the unbroken stage: {first.happened}")
    if not unbroken.good:
        return Grade(unbroken="there is no test to run" if not unbroken.outcomes else unbroken.complaint)

    def judge(bug: Bug) -> Graded:
        try:
            result = run([bug], [bug], seconds)
        except TimeoutError as error:
            return Graded(bug, True, f"a test that is {error}")
        if result.failed:
            return Graded(bug, True, result.failed[0].test)
        return Graded(bug, False, "" if result.good else f"could not be tried: {result.complaint}")

    return Grade(tuple(in_parallel(judge, bugs, told)))
