"""`course check` and `course bugs` as a student sees them: with a database, with progress, on every save."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import count
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from course.errors import CourseError
from course.learn import messages
from course.learn.check import check_steps
from course.machine import ladder, processes
from course.machine.material.bugs import Graded, grade
from course.machine.material.data import Bug, Step
from course.machine.material.workspace import Workspace

TURN_MILLISECONDS = 200  # after so long a Ctrl-C is heard


def check_once(workspace: Workspace, steps: Sequence[Step]) -> bool:
    """Check steps, show what came of it and where the student is; returns whether all is well."""
    with _database() as url:
        return _check(workspace, steps, url)


def check_on_save(workspace: Workspace, steps: Sequence[Step], *, follow: bool) -> None:
    """Check now and whenever a file of the workspace changes, until Ctrl-C.

    With `follow`, go on to the next step when one is done.
    """
    with _database() as url:
        for _ in _saves(workspace.folder):
            try:
                done = _check(workspace, steps, url)
            except CourseError as error:
                messages.show(str(error))
                done = False
            if done and follow and (step := workspace.state.current(workspace.learning)):
                steps = [step]
            messages.show("Waiting for you to save a file; Ctrl-C ends this.")


def _saves(folder: Path) -> Iterator[None]:
    """Now, and whenever a file in the folder has been saved since the last time."""
    from watchfiles import watch

    # It looks from its first turn on, which changes nothing: what is saved while a check runs is not missed.
    turns = watch(folder, rust_timeout=TURN_MILLISECONDS, yield_on_timeout=True)
    for number in count():
        with processes.shielded():  # it would take a signal for its own
            changes = next(turns)
        if changes or number == 0:
            yield


@contextmanager
def _database() -> Iterator[Callable[[], str]]:
    """A database that is there from the first time that somebody asks for its URL."""
    with ExitStack() as stack:
        yield cache(lambda: stack.enter_context(ladder.fresh_database()))


def _check(workspace: Workspace, steps: Sequence[Step], url: Callable[[], str]) -> bool:
    if len(steps) > 1:
        written = [step for step in steps if not workspace.unwritten(step)]
        steps = written[:1] if workspace.syntax_fault() else written or steps[:1]
    verdicts = check_steps(workspace, steps, url)
    failed = next((verdict for verdict in verdicts if not verdict.passed), None)
    for verdict in verdicts:
        messages.show_verdict(verdict, trace=verdict is failed)
    messages.show(messages.position(workspace))
    if failed and not workspace.unwritten(failed.step):
        messages.show(f"Stuck? course hint {failed.step.id}")
    return failed is None


def show_grade(workspace: Workspace, bugs: Sequence[Bug], *, tests_from: Path | None) -> bool:
    """Grade tests by the bugs that they catch; returns whether they catch all."""
    if not bugs:
        raise CourseError(f"Stage {workspace.stage.id} has no bugs to catch.")
    whose = "the stage's own tests" if tests_from is None else f"your tests in {messages.path(tests_from / 'tests')}"
    messages.show(f"Grading {whose} by {len(bugs)} bugs; first they must pass without any.")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with ladder.fresh_database() as url, Progress(*columns, console=messages.console, transient=True) as progress:
        task = progress.add_task("bugs tried", total=len(bugs))

        def told(graded: Graded) -> None:
            progress.advance(task)

        result = grade(workspace.stage, bugs, tests_from=tests_from, database_url=url, told=told)
    if result.unbroken is not None:
        raise CourseError(f"There is nothing to grade yet: {result.unbroken}.")
    messages.show_graded(result.graded)
    return all(each.caught for each in result.graded)
