"""Is a step done? Its tests, run on the student's code, and the answer in one sentence."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from course.errors import CourseError
from course.machine.material.bugs import grade
from course.machine.material.data import Step
from course.machine.material.testing import Outcome, Run, run_tests
from course.machine.material.workspace import Workspace


@dataclass(frozen=True)
class Verdict:
    """What a check found out about one step."""

    step: Step
    passed: bool
    sentence: str
    trace: str = ""
    seconds: float = 0.0


def check_steps(workspace: Workspace, steps: Sequence[Step], database_url: Callable[[], str]) -> list[Verdict]:
    """Check steps in one go, and remember which are passed. Raises CourseError if the student's files can't be read.

    `database_url` is asked only if there is something to run.
    """
    workspace.require()
    verdicts = {step.id: verdict for step in steps if (verdict := _before_the_tests(workspace, step))}
    tested = [step for step in steps if step.id not in verdicts]
    by_tests = [step for step in tested if step.tests]
    if by_tests:
        url = database_url()
        start = time.monotonic()
        run = _run(workspace, by_tests, url)
        seconds = time.monotonic() - start
        verdicts |= {step.id: _by_tests(workspace, step, run, seconds) for step in by_tests}
    verdicts |= {step.id: _by_bugs(workspace, step, database_url()) for step in tested if step.catches}
    for step_id, verdict in verdicts.items():
        workspace.state.of(workspace.learning.step(step_id)).passed = verdict.passed
    workspace.progress.stage = workspace.stage.id
    workspace.progress.save()
    return [verdicts[step.id] for step in steps]


def _before_the_tests(workspace: Workspace, step: Step) -> Verdict | None:
    """What can be told from the files alone."""
    workspace.source("pytest.ini")
    if fault := workspace.syntax_fault():
        return _no(step, f"Step {step.id} can't be checked: {fault} {_lesson(step)}.")
    if lost := workspace.lost(step):
        return _no(step, f"Step {step.id} expects {_listed(lost)}, but your file no longer defines it {_lesson(step)}.")
    if names := workspace.unwritten(step):
        return _no(step, f"Step {step.id} is not written yet: {_listed(names)} {_lesson(step)}.")
    return None


def _run(workspace: Workspace, steps: Sequence[Step], database_url: str) -> Run:
    tests = list(dict.fromkeys(test for step in steps for test in step.tests))
    run = run_tests(workspace.folder, tests, tests_from=workspace.stage.folder, database_url=database_url)
    if run.hangs:
        raise CourseError(f"The tests were ended, {run.hangs}: does your code wait for something that never comes?")
    return run


def _by_tests(workspace: Workspace, step: Step, run: Run, seconds: float) -> Verdict:
    mine = [outcome for outcome in run.outcomes if any(outcome.concerns(test) for test in step.tests)]
    failed = [outcome for outcome in mine if not outcome.passed]
    if not mine:
        return _no(step, _not_imported(workspace, step, run.output), run.complaint, seconds)
    if failed and failed[0].is_import:
        return _no(step, _not_imported(workspace, step, failed[0].text), failed[0].trace, seconds)
    if failed:
        return _no(step, sentence(step, failed[0]), failed[0].trace, seconds)
    count = "1 test" if len(mine) == 1 else f"{len(mine)} tests"
    return Verdict(step, True, f"Step {step.id} is done: {step.title}; {count} passed in {seconds:.1f} s.", "", seconds)


def _by_bugs(workspace: Workspace, step: Step, database_url: str) -> Verdict:
    """Judge the student's own tests by the bugs that they catch."""
    bugs = [workspace.learning.bug(bug_id) for bug_id in step.catches]
    result = grade(
        workspace.stage, bugs, tests_from=workspace.folder, tests=list(step.files), database_url=database_url
    )
    if result.unbroken is not None:
        return _no(
            step, f"Step {step.id} expects tests that pass on a right app, but {result.unbroken} {_lesson(step)}."
        )
    missed = [each.bug for each in result.graded if not each.caught]
    if missed:
        listed = _listed([f"{bug.id} ({bug.nudge})" for bug in missed])
        return _no(
            step, f"Step {step.id} expects tests that catch {len(bugs)} bugs, but they miss {listed} {_lesson(step)}."
        )
    return Verdict(step, True, f"Step {step.id} is done: {step.title}; your tests catch all {len(bugs)} bugs.")


def sentence(step: Step, outcome: Outcome) -> str:
    """What was expected and what happened, in one sentence, with the section that helps."""
    happened = outcome.happened or "it was skipped"
    return f"Step {step.id} expects that {outcome.sentence}, but {happened} {_lesson(step)}."


def _not_imported(workspace: Workspace, step: Step, text: str) -> str:
    """The sentence for tests that could not even begin: an import that fails, most of the time."""
    for other in workspace.learning.steps:
        if f"NotImplementedError: {other.marker}" in text:
            return f"Step {step.id} needs step {other.id} ({other.title}), which is not written yet {_lesson(other)}."
    errors = [line.removeprefix("E").strip() for line in text.splitlines() if line.startswith("E ")]
    reason = errors[-1] if errors else "pytest did not start"
    return f"Step {step.id} could not be tested, because your app can't be imported: {reason} {_lesson(step)}."


def _no(step: Step, text: str, trace: str = "", seconds: float = 0.0) -> Verdict:
    return Verdict(step, False, text, trace, seconds)


def _lesson(step: Step) -> str:
    return f"(lesson, section {step.section})"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
