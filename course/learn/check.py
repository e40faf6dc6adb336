"""Is a step done? Its tests, run on the student's code, and the answer: one sentence, and the lines that explain it."""

import difflib
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from course.learn import layers
from course.learn.causes.evidence import Failure, Place, called, calls, parsed
from course.learn.explain import LINES, app_frames, explain, explain_own_test, file_shown, shown, what_happened
from course.learn.mistakes import cause_of
from course.machine.material import reading
from course.machine.material.bugs import ALL_TESTS, UNBROKEN_SECONDS, grade
from course.machine.material.data import Step
from course.machine.material.testing import Outcome, Run, job_on, run_all
from course.machine.material.workspace import Workspace, read_source, stage_files

TEST_SECONDS = 10.0  # a test that takes longer hangs
DEBUGGERS = ("breakpoint", "pdb.set_trace")
IMPORT_ERRORS = ("ImportError", "ModuleNotFoundError", "AttributeError", "TypeError")

Counted = Callable[[int, int], object]


def not_counted(done: int, planned: int) -> None:
    """Nobody wants to know how many tests have ended."""


@dataclass(frozen=True)
class Verdict:
    """What a check found out about one step, or (without one) about the whole stage."""

    step: Step | None
    passed: bool
    sentence: str
    lines: Sequence[str] = field(default_factory=list)  # that explain it
    stuck: bool = True  # is a hint what helps?
    together: float = 0.0  # seconds of a run that has judged other steps as well

    @property
    def step_id(self) -> str:
        return self.step.id if self.step else ""


def check_steps(
    workspace: Workspace, steps: Sequence[Step], database_url: Callable[[], str], counted: Counted = not_counted
) -> list[Verdict]:
    """Check steps in one go, and remember which are passed. Raises CourseError if the student's files can't be read.

    `database_url` is asked only if there is something to run; `counted` hears how many tests have ended, of how many.
    """
    workspace.require()
    code = _codes(workspace, steps)
    verdicts = {step.id: verdict for step in steps if (verdict := _before_the_tests(workspace, step))}
    tested = [step for step in steps if step.id not in verdicts]
    by_tests = [step for step in tested if step.tests]
    if by_tests:
        tests = list(dict.fromkeys(test for step in by_tests for test in step.tests))
        start = time.monotonic()
        alone = len(by_tests) == 1
        run = _run(workspace, tests, database_url(), counted, explain_first=alone)
        seconds = time.monotonic() - start
        verdicts |= {step.id: _by_tests(workspace, step, run, seconds, alone=alone) for step in by_tests}
    verdicts |= {step.id: _by_bugs(workspace, step, database_url(), counted) for step in tested if step.catches}
    state = workspace.state
    for step_id, verdict in verdicts.items():
        progress = state.of(workspace.learning.step(step_id))
        progress.passed, progress.code = verdict.passed, code[step_id] if verdict.passed else ""
    workspace.progress.stage = workspace.stage.id
    workspace.progress.save()
    return [verdicts[step.id] for step in steps]


def check_stage(workspace: Workspace, database_url: Callable[[], str], counted: Counted = not_counted) -> Verdict:
    """Is the stage done? Its whole suite on the student's code, and what their own tests catch.

    Tests that have caught their bugs are graded once more only where they have changed since.
    """
    learning, state = workspace.learning, workspace.state
    whole, code = workspace.code(), _codes(workspace, learning.steps)
    start = time.monotonic()
    run = _run(workspace, ALL_TESTS, database_url(), counted, explain_first=True)
    verdict = _of_the_suite(workspace, run)
    for step in learning.steps:
        if any(outcome.concerns(test) for outcome in run.failed for test in step.tests):
            state.of(step).passed = False  # it has been broken since
    for step in [step for step in learning.steps if step.catches]:
        progress = state.of(step)
        if verdict.passed and not (progress.passed and progress.code == code[step.id]):
            graded = _by_bugs(workspace, step, database_url(), counted)
            progress.passed = graded.passed
            verdict = verdict if graded.passed else graded
    if verdict.passed:
        seconds = time.monotonic() - start
        done = f"Stage {workspace.stage.id} is done: its whole suite passes on your code, in {seconds:.1f} s."
        verdict = Verdict(None, True, done)
    state.done = whole if verdict.passed else ""
    for step in learning.steps if verdict.passed else ():
        state.of(step).code = code[step.id]
    workspace.progress.save()
    return verdict


def changed_since(workspace: Workspace) -> list[Step]:
    """The steps that are done and have tests, and whose code is no longer what they passed with."""
    passed = [step for step in workspace.state.passed(workspace.learning) if step.tests]
    code = _codes(workspace, passed)
    return [step for step in passed if workspace.state.of(step).code != code[step.id]]


def _codes(workspace: Workspace, steps: Sequence[Step]) -> dict[str, str]:
    """What each step's code is now; nothing is known of it while Python can't read one of its files."""
    known = not workspace.syntax_fault()
    return {step.id: workspace.code_of(step) if known else "" for step in steps}


def _of_the_suite(workspace: Workspace, run: Run) -> Verdict:
    steps, stage = workspace.learning.steps, workspace.stage.id
    failed = [outcome for outcome in run.outcomes if outcome.outcome == "failed"]
    if not run.outcomes or (failed and failed[0].is_import):
        return _not_imported(workspace, steps[-1], run, failed[0] if failed else None)
    if failed or run.exit_code != 0:
        outcome = failed[0] if failed else run.outcomes[-1]
        happened = what_happened(workspace, outcome) if failed else f"then the run ended ({run.complaint})"
        sentence = f"Stage {stage} is not done: its suite expects that {outcome.sentence}, but {happened.rstrip('.')}."
        concerned = [step for step in steps if any(outcome.concerns(test) for test in step.tests)]
        count = _count(workspace, failed, run, run.outcomes)
        lines = explain(workspace, concerned, outcome, count)
        return Verdict(concerned[0] if concerned else None, False, sentence, lines, stuck=False)
    if wrong := _breach(workspace):
        text = f"Stage {stage} is not done: its suite passes, but {_imports(workspace, wrong)}."
        return Verdict(None, False, text, [*shown(wrong.place), f"{wrong.contract}."], stuck=False)
    return Verdict(None, True, "")


def _breach(workspace: Workspace) -> layers.Breach | None:
    """The first import that goes the wrong way, in what the student has refactored or written."""
    if not workspace.stage.layered:
        return None
    return layers.breach(workspace.folder, but_not_in=workspace.not_yet_refactored())


def _imports(workspace: Workspace, wrong: layers.Breach) -> str:
    """Which file imports what it may not."""
    return f"{wrong.place.file.relative_to(workspace.folder).as_posix()} imports {wrong.imported}"


def _before_the_tests(workspace: Workspace, step: Step) -> Verdict | None:
    """What can be told from the files alone."""
    workspace.source("pytest.ini")
    if found := workspace.fault():
        file, fault = found
        sentence = f"Step {step.id} can't be checked: {file} has {fault.text} {_lesson(step)}."
        lines = shown(Place(workspace.folder / file, fault.line))
        cause = cause_of(Failure(fault.text, None, ()))
        return _no(step, sentence, [*lines, *([f"Likely cause: {cause.sentence}"] if cause else [])], stuck=False)
    if lost := workspace.lost(step):
        sentence = f"Step {step.id} expects {_listed(lost)}, but your file no longer defines it {_lesson(step)}."
        return _no(step, sentence, _renamed(workspace, step, lost[0]), stuck=False)
    for name in step.empty:
        if line := reading.is_left_below(workspace.source(name.file), name.qualname, step.id):
            place = Place(workspace.folder / name.file, line, name.qualname or "")
            left = "its `raise NotImplementedError(...)` still stands there"
            sentence = f"Step {step.id} is written, but {left}: {name} {_lesson(step)}."
            return _no(step, sentence, [*shown(place), "Delete that line, and a bare `yield` below it."], stuck=False)
    if names := workspace.unwritten(step):
        return _no(step, f"Step {step.id} is not written yet: {_listed(names)} {_lesson(step)}.", stuck=False)
    if stop := _debugger(workspace):
        sentence = f"Step {step.id} can't be checked: your code stops there, for a debugger {_lesson(step)}."
        help_ = f"To debug: course check {step.id} --debug. Otherwise delete that line."
        return _no(step, sentence, [*shown(stop), help_], stuck=False)
    return None


def _renamed(workspace: Workspace, step: Step, lost: str) -> list[str]:
    """Where the file defines something that the course does not know and that is named alike, or nothing."""
    file, _, qualname = lost.partition(":")
    source, finished = workspace.source(file), read_source(workspace.stage.folder / file)
    name = qualname.rpartition(".")[2]
    strange = [each for each in _definitions(source) if each not in _definitions(finished)]
    if not strange:
        return [f"Get it back, empty: course reset {step.id}"]
    near = (difflib.get_close_matches(name, strange, n=1, cutoff=0) or strange)[0]
    place = Place(workspace.folder / file, _definitions(source)[near])
    return [*shown(place), f"Is this `{name}`, renamed? Its callers know it by the old name."]


def _definitions(source: str) -> dict[str, int]:
    """The names that a source defines, and in which lines."""
    found = re.finditer(r"^\s*(?:async )?(?:def|class) (\w+)", source, re.MULTILINE)
    return {match[1]: source[: match.start(1)].count("\n") + 1 for match in found}


def _debugger(workspace: Workspace) -> Place | None:
    """The first line of the app that stops in a debugger."""
    for file in stage_files(workspace.folder):
        source = read_source(workspace.folder / file) if file.endswith(".py") and not file.startswith("tests/") else ""
        if "breakpoint()" in source or "set_trace()" in source:
            for call in calls(parsed(source)):
                if called(call) in DEBUGGERS:
                    return Place(workspace.folder / file, call.lineno)
    return None


def _run(
    workspace: Workspace, tests: Sequence[str], database_url: str, counted: Counted, *, explain_first: bool
) -> Run:
    job = job_on(
        workspace.folder,
        tests,
        tests_from=workspace.stage.folder,
        seconds=UNBROKEN_SECONDS,
        test_seconds=TEST_SECONDS,
        explain_first=explain_first,
    )
    [run] = run_all([job], database_url=database_url, counted=counted)
    return run


def _by_tests(workspace: Workspace, step: Step, run: Run, seconds: float, *, alone: bool) -> Verdict:
    mine = [outcome for outcome in run.outcomes if any(outcome.concerns(test) for test in step.tests)]
    failed = [outcome for outcome in mine if not outcome.passed]
    broken = next((outcome for outcome in run.outcomes if outcome.test.endswith("conftest.py")), None)
    ended = next((outcome for outcome in run.failed if outcome.error == "TimeoutError"), None)
    if failed and not failed[0].is_import:
        lines = explain(workspace, [step], failed[0], _count(workspace, failed, run, mine))
        return _no(step, _sentence(workspace, step, failed[0]), lines)
    if broken or failed:
        return _not_imported(workspace, step, run, broken or failed[0])
    if ended:
        return _no(step, f"Step {step.id} was not tried to its end: the run ended at {ended.test} {_lesson(step)}.")
    if not mine:
        return _not_imported(workspace, step, run, None)
    if wrong := _breach(workspace):
        text = f"Step {step.id} passes its tests, but {_imports(workspace, wrong)} {_lesson(step)}."
        return _no(step, text, [*shown(wrong.place), f"{wrong.contract}."], stuck=False)
    count = "1 test" if len(mine) == 1 else f"{len(mine)} tests"
    done = f"Step {step.id} is done: {step.title}; {count} passed"
    if not alone:
        return Verdict(step, True, f"{done}.", together=seconds)
    return Verdict(step, True, f"{done} in {seconds:.1f} s.")


def _count(workspace: Workspace, failed: Sequence[Outcome], run: Run, among: Sequence[Outcome]) -> str:
    """How many tests fail, and which is the first."""
    first = failed[0] if failed else among[-1]
    file = file_shown(workspace, first)
    where = f"{file}:{first.line}" if first.line and file.endswith(".py") else file
    if first.error == "TimeoutError":
        return f"The run ended at it, in {file}; {len(run.outcomes) - 1} of {run.planned} tests had been tried."
    if len(failed) < 2:
        return f"1 of {len(among)} tests fails: {where}"
    return f"{len(failed)} of {len(among)} tests fail; here is the first: {where}"


def _by_bugs(workspace: Workspace, step: Step, database_url: str, counted: Counted) -> Verdict:
    """Judge the student's own tests by the bugs that they catch."""
    bugs = [workspace.learning.bug(bug_id) for bug_id in step.catches]
    result = grade(
        workspace.stage,
        bugs,
        tests_from=workspace.folder,
        tests=list(step.files),
        database_url=database_url,
        counted=counted,
        test_seconds=TEST_SECONDS,
    )
    if result.unbroken is not None:
        text = f"Step {step.id} expects tests that pass on a right app, but {result.unbroken} {_lesson(step)}."
        return _no(step, text, explain_own_test(workspace, result.failed) if result.failed else ())
    workspace.state.note_caught({each.bug.id: each.caught for each in result.graded})
    missed = [each.bug for each in result.graded if not each.caught]
    if missed:
        listed = _listed([f"{bug.id} ({bug.nudge})" for bug in missed])
        return _no(
            step, f"Step {step.id} expects tests that catch {len(bugs)} bugs, but they miss {listed} {_lesson(step)}."
        )
    return Verdict(step, True, f"Step {step.id} is done: {step.title}; your tests catch all {len(bugs)} bugs.")


def _sentence(workspace: Workspace, step: Step, outcome: Outcome) -> str:
    """What was expected and what happened, in one sentence, with the section that helps."""
    happened = what_happened(workspace, outcome) or "it was skipped"
    return f"Step {step.id} expects that {outcome.sentence}, but {happened} {_lesson(step)}."


def _not_imported(workspace: Workspace, step: Step, run: Run, outcome: Outcome | None) -> Verdict:
    """The verdict on tests that could not even begin: an import that fails, most of the time."""
    text = outcome.text + outcome.error if outcome else run.output
    for other in workspace.learning.steps:
        if f"NotImplementedError: {other.marker}" in text:
            needs = f"Step {step.id} needs step {other.id} ({other.title}), which is not written yet {_lesson(other)}."
            return _no(step, needs, stuck=False)
    if outcome is None and run.hangs:
        return _no(step, f"Step {step.id} could not be tested: pytest was {run.hangs} {_lesson(step)}.")
    if outcome and (new := _new_in_course(workspace, outcome)):
        return _no(step, f"Step {step.id} could not be tested, because {new}.", [_up_to_date(workspace)], stuck=False)
    if outcome is None:
        lines = run.complaint.splitlines()[-LINES:]
        return _no(step, f"Step {step.id} could not be tested: pytest did not start.", lines)
    if outcome.error == "TimeoutError":
        reason = f"importing it does not end: {outcome.happened}"
    else:
        reason = f"your app can't be imported: {outcome.error or outcome.happened}"
    lines = explain(workspace, [], outcome)
    if not app_frames(workspace, outcome) and (place := _module_that_lacks(workspace, outcome.error)):
        lines = [*shown(place), *lines]
    return _no(step, f"Step {step.id} could not be tested, because {reason} {_lesson(step)}.", lines, stuck=False)


def _new_in_course(workspace: Workspace, outcome: Outcome) -> str:
    """That the tests are of a newer course than the student's files, if that may be what is wrong."""
    if not outcome.error.startswith(IMPORT_ERRORS) or not (changed := workspace.changed_in_course()):
        return ""
    name = re.search(r"cannot import name '(\w+)'|has no attribute '(\w+)'|No module named '([\w.]+)'", outcome.error)
    named = f" need `{next(filter(None, name.groups()))}`, which is new," if name else " are newer than your copy"
    listed = _listed(changed[:3]) + (f" and {len(changed) - 3} more" if len(changed) > 3 else "")
    return f"the course has changed since you began stage {workspace.stage.id}: its tests{named} (changed: {listed})"


def _up_to_date(workspace: Workspace) -> str:
    return f"Bring your workspace up to date, with all that you wrote kept: course start {workspace.stage.id}"


def _module_that_lacks(workspace: Workspace, error: str) -> Place | None:
    """The student's file in which a name that others import is not defined (any more)."""
    match = re.search(r"cannot import name '(\w+)' from '([\w.]+)'", error)
    if match is None:
        return None
    base = workspace.folder / match[2].replace(".", "/")
    file = next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)
    if file is None:
        return None
    names = _definitions(read_source(file))
    near = difflib.get_close_matches(match[1], names, n=1)
    return Place(file, names[near[0]] if near else 1)


def _no(step: Step, text: str, lines: Sequence[str] = (), *, stuck: bool = True) -> Verdict:
    return Verdict(step, False, text, lines, stuck)


def _lesson(step: Step) -> str:
    return f"(lesson, section {step.section})"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
