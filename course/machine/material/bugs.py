"""Bugs by substitution: put a fault into a copy of a stage, and see whether its tests notice."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from course.errors import CourseError
from course.machine.material.data import Bug
from course.machine.material.diff import Change, compare
from course.machine.material.testing import Job, Outcome, Run, job_on, run_all
from course.machine.material.workspace import copy_stage, read_source, write_source
from course.paths import ROOT, home
from course.stages import Stage

ALL_TESTS = ("tests",)
UNBROKEN_SECONDS = 600.0  # all tests of a stage, on a machine that has other things to do
NO_TESTS = 5  # pytest's exit code when it has found none


@dataclass(frozen=True)
class Graded:
    """Whether a bug was caught, and by which test, or why it could not be tried."""

    bug: Bug
    caught: bool
    by: str = ""
    saw: str = ""  # what that test saw, in one clause


@dataclass(frozen=True)
class Grade:
    """What a suite is worth: the bugs that it catches; or, in `unbroken`, why it fails without any bug."""

    graded: tuple[Graded, ...] = ()
    unbroken: str | None = None
    failed: Outcome | None = None  # the first test that fails without any bug


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


def changes(stage: Stage, bugs: Sequence[Bug]) -> list[Change]:
    """What bugs change in a stage's code, file by file, from right to wrong."""
    with tempfile.TemporaryDirectory(prefix=f"course-{stage.id}-") as scratch:
        right, wrong = Path(scratch, "right"), Path(scratch, "wrong")
        for file in {each.file for bug in bugs for each in bug.substitutions}:
            source = stage.folder / file
            for folder in (right, wrong) if source.is_file() else ():
                write_source(folder / file, read_source(source))
        for bug in bugs:
            apply(bug, wrong)
        return compare(right, wrong)


@contextmanager
def broken_copy(stage: Stage, bugs: Sequence[Bug] = ()) -> Iterator[Path]:
    """A copy of the reference stage in a temporary folder, with bugs in it."""
    beside = home() if "[" in str(ROOT) else None  # from there the relative path to a learner's tests has no bracket
    with tempfile.TemporaryDirectory(prefix=f"course-{stage.id}-", dir=beside, ignore_cleanup_errors=True) as scratch:
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
    counted: Callable[[int, int], object] = lambda done, planned: None,
    test_seconds: float | None = None,
) -> Grade:
    """Run tests, those of the folder `tests_from` or the stage's own, on a copy of the stage for each bug.

    The unbroken stage comes first: tests that fail there grade nothing. `told` hears of each bug once it is tried,
    and `counted` how many are, of how many. All of the stage's own tests means those that are known to catch the bug,
    where they are known; of a student's, those that they wrote come first. With `test_seconds` the unbroken stage's run
    ends at a test that takes longer, and its failures are explained.
    """

    def tests_for(bugs: Sequence[Bug], folder: Path) -> Sequence[str]:
        if tuple(tests) != ALL_TESTS or not all(bug.caught_by for bug in bugs):
            return tests
        known = list(dict.fromkeys(test for bug in bugs for test in bug.caught_by))
        if tests_from is None:
            return known
        # What they wrote themselves goes first, and then a file of a name that is known: each by name, since "tests"
        # would swallow it.
        first = {test.partition("::")[0] for test in known}
        files = [path.relative_to(folder).as_posix() for path in sorted((folder / "tests").rglob("test_*.py"))]
        return sorted(files, key=lambda file: (is_the_stages(folder / file, file), file not in first)) or tests

    def is_the_stages(path: Path, file: str) -> bool:
        return (stage.folder / file).is_file() and read_source(stage.folder / file) == read_source(path)

    with ExitStack() as copies:

        def job(broken: Sequence[Bug], concerned: Sequence[Bug], seconds: float | None = None) -> Job:
            folder = copies.enter_context(broken_copy(stage, broken))
            if tests_from is not None:
                shutil.rmtree(folder / "tests", ignore_errors=True)
                shutil.copytree(tests_from / "tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
            limit = None if broken else test_seconds
            chosen = tests_for(concerned, folder)
            return job_on(folder, chosen, stop_at_first=True, seconds=seconds, test_seconds=limit)

        done = count(1)

        def hear(number: int, run: Run) -> None:
            if number:
                told(_judged(bugs[number - 1], run))
                counted(next(done), len(bugs))

        jobs = [job([], bugs, UNBROKEN_SECONDS), *(job([bug], [bug]) for bug in bugs)]
        unbroken, *runs = run_all(jobs, database_url=database_url, told=hear, gate=True)
    if unbroken.hangs:
        return Grade(unbroken=f"without any bug they are {unbroken.hangs}")
    if unbroken.failed:
        first = unbroken.failed[0]
        return Grade(unbroken=f"{first.test} fails on the unbroken stage: {first.happened}", failed=first)
    if not unbroken.good:
        nothing = not unbroken.outcomes and unbroken.exit_code == NO_TESTS
        return Grade(unbroken="there is no test to run" if nothing else unbroken.complaint)
    return Grade(tuple(map(_judged, bugs, runs)))


def _judged(bug: Bug, run: Run) -> Graded:
    if run.hangs:
        return Graded(bug, True, f"a test that is {run.hangs}")
    if run.failed:
        return Graded(bug, True, run.failed[0].test, run.failed[0].happened)
    return Graded(bug, False, "" if run.good else f"could not be tried: {run.complaint}")
