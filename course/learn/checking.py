"""`course check` and `course bugs` as a student sees them: with a database, with progress, on every save."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import cache
from itertools import count
from pathlib import Path

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from course.errors import CourseError
from course.learn import messages
from course.learn.check import Verdict, changed_since, check_stage, check_steps
from course.machine import ladder, processes, watching
from course.machine.material.bugs import grade
from course.machine.material.data import Bug, Step
from course.machine.material.testing import debug_tests
from course.machine.material.workspace import Workspace

TURN_MILLISECONDS = 200  # after so long a Ctrl-C is heard


def check_once(workspace: Workspace, steps: Sequence[Step], *, suite: bool) -> bool:
    """Check steps, show what came of it and where the student is; returns whether all is well.

    With `suite`, a stage whose steps are all done is tried as a whole, also if it has been before.
    """
    with _database() as url:
        return _check(workspace, steps, url, suite=suite)


def check_on_save(workspace: Workspace, steps: Sequence[Step], *, follow: bool) -> None:
    """Check now and whenever a file of the workspace changes, until Ctrl-C.

    With `follow`, go on to the next step when one is done.
    """
    with _database() as url:
        for saved in _saves(workspace.folder):
            messages.console.rule(f"{datetime.now().astimezone():%H:%M:%S}  {escape(saved)}", align="left")
            if follow:
                steps = [step] if (step := workspace.state.current(workspace.learning)) else []
            try:
                _check(workspace, steps, url)
            except (CourseError, OSError) as error:
                messages.show(str(error))
            messages.show("Waiting for you to save a file; Ctrl-C ends this.")


def debug(workspace: Workspace, steps: Sequence[Step]) -> int:
    """Run the steps' tests in the terminal, up to the first that fails: a debugger opens there, or at a breakpoint().

    Returns pytest's exit code. Raises CourseError for steps that have no tests.
    """
    tests = list(dict.fromkeys(test for step in steps for test in step.tests))
    if not tests:
        raise CourseError(f"Step {steps[0].id} has no tests of the course's to debug: run your own with pytest.")
    messages.show("The debugger opens where a test fails, or at a breakpoint() of yours. It knows:")
    messages.show("  p NAME   print a value      n   next line      u, d   to the caller, and back")
    messages.show("  l        show the code      c   go on          q      leave")
    with _database() as url:
        return debug_tests(workspace.folder, tests, tests_from=workspace.stage.folder, database_url=url())


def _saves(folder: Path) -> Iterator[str]:
    """Now, and whenever a file in the folder has been saved since the last time: which."""
    from watchfiles import watch

    # It looks from its first turn on, which changes nothing: what is saved while a check runs is not missed.
    poll = watching.must_poll(folder) or None
    turns = watch(folder, rust_timeout=TURN_MILLISECONDS, yield_on_timeout=True, force_polling=poll)
    for number in count():
        with processes.shielded():  # it would take a signal for its own
            changes = next(turns)
        if changes or number == 0:
            saved = sorted({Path(path).name for _, path in changes})
            yield f"{', '.join(saved)} saved" if saved else "as it is now"


@contextmanager
def _database() -> Iterator[Callable[[], str]]:
    """A database that is there from the first time that somebody asks for its URL."""
    with ExitStack() as stack:
        yield cache(lambda: stack.enter_context(ladder.fresh_database()))


def _check(workspace: Workspace, steps: Sequence[Step], url: Callable[[], str], *, suite: bool = False) -> bool:
    learning, state = workspace.learning, workspace.state
    all_written = state.current(learning) is None
    if suite and all_written and not workspace.syntax_fault():
        verdicts = []  # the steps' tests are part of the suite
    else:
        if len(steps) > 1:
            written = [step for step in steps if not workspace.unwritten(step)]
            steps = written[:1] if workspace.syntax_fault() else written or steps[:1]
        with _progress("tests") as counted:
            verdicts = check_steps(workspace, steps, url, counted)
        verdicts = _with_the_broken(workspace, verdicts, url)
        if len(steps) == 1 and verdicts[0].passed and (others := _written_besides(workspace, steps[0])):
            with _progress("the other steps that are written") as counted:
                verdicts += [each for each in check_steps(workspace, others, url, counted) if each.passed]
    failed = [verdict for verdict in verdicts if not verdict.passed]
    messages.show_verdicts(verdicts)
    if state.current(learning) is None and (suite or not all_written):  # or the last step has just been finished
        messages.show(f"Now the whole suite of stage {workspace.stage.id}, which may take a minute.")
        with _progress("the whole suite") as counted:
            verdict = check_stage(workspace, url, counted)
        messages.show_verdict(verdict)
        failed += [] if verdict.passed else [verdict]
    if not (failed and failed[0].step is None):
        messages.show(messages.position(workspace, failed[0].step if failed else None))
    if failed and failed[0].stuck and failed[0].step:
        messages.show(f"Stuck? course hint {failed[0].step.id}")
    return not failed


def _with_the_broken(workspace: Workspace, verdicts: list[Verdict], url: Callable[[], str]) -> list[Verdict]:
    """These verdicts, and those on steps that were done and are broken: these first, if no test was run before.

    What has not been changed since it passed is not tried again.
    """
    asked = {verdict.step_id for verdict in verdicts}
    changed = [] if workspace.syntax_fault() else [step for step in changed_since(workspace) if step.id not in asked]
    if not changed:
        return verdicts
    with _progress("the steps that were done and have changed") as counted:
        broken = [verdict for verdict in check_steps(workspace, changed, url, counted) if not verdict.passed]
    tried = any(verdict.passed or verdict.stuck for verdict in verdicts)
    return [*verdicts, *broken] if tried else [*broken, *verdicts]


def _written_besides(workspace: Workspace, step: Step) -> list[Step]:
    """The other steps that are written and not counted: by `course solution --write`, or since one was broken.

    They count if their tests pass. If not, nothing is said: they are not what was asked for.
    """
    open_ = [each for each in workspace.learning.steps if not workspace.state.of(each).passed and each != step]
    return [each for each in open_ if each.tests and not workspace.unwritten(each) and not workspace.lost(each)]


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int, int], object]]:
    """Show how many have been tried, while it takes, in a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    shown = messages.console.is_terminal
    with Progress(*columns, console=messages.console, transient=True, disable=not shown) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, planned: progress.update(task, completed=done, total=planned)


def show_grade(workspace: Workspace, bugs: Sequence[Bug], *, tests_from: Path | None) -> bool:
    """Grade tests by the bugs that they catch; returns whether they catch all."""
    if not bugs:
        raise CourseError(f"Stage {workspace.stage.id} has no bugs to catch.")
    whose = "the stage's own tests" if tests_from is None else f"your tests in {messages.path(tests_from / 'tests')}"
    messages.show(
        f"Grading {whose} by {len(bugs)} {'bug' if len(bugs) == 1 else 'bugs'}; first they must pass without any."
    )
    with ladder.fresh_database() as url, _progress("bugs tried") as counted:
        result = grade(workspace.stage, bugs, tests_from=tests_from, database_url=url, counted=counted)
    if result.unbroken is not None:
        raise CourseError(f"There is nothing to grade yet: {result.unbroken}.")
    messages.show_graded(result.graded, saw=tests_from is None)
    if tests_from is not None:
        workspace.state.note_caught({each.bug.id: each.caught for each in result.graded})
        workspace.progress.save()
    return all(each.caught for each in result.graded)
