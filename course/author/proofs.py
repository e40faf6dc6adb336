"""The proofs: what a lesson, its steps and its bugs promise, tried. A broken promise is told by name."""

import json
import re
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from course.author import lesson, lesson_runner, static, warm
from course.author import variants as variants_of
from course.author.lesson_runner import COURSE, LIBRARIES, PROGRAMS
from course.errors import UsageError
from course.machine import ladder
from course.machine.material.bugs import broken_copy, grade
from course.machine.material.data import Learning, Step, load
from course.machine.material.lessons import Page
from course.machine.material.testing import Job, Outcome, Run, job_on, run_all
from course.machine.material.workspace import drafted, emptied, write_source
from course.stages import Stage

Told = Callable[[str], object]
EXAMPLES = "test_examples_of_the_tasks.py"
CHEAP = {"BCRYPT_ROUNDS": "10"}  # a quarter of what a hash costs: enough to see whom it holds up
VARIANT_SECONDS = 30.0  # for the tests of one step
NOT_FOUND = "ERROR: not found: "  # pytest, of a node id that names nothing; it then runs no test at all


def lessons(stage: Stage, database_url: str, told: Told = print, course: Sequence[str] = COURSE) -> list[str]:
    """What is not true in a stage's lesson."""
    problems = static.lesson_problems(stage)
    with lesson_runner.reading(stage, database_url, course, **CHEAP) as reading:
        problems += map(str, lesson_runner.check(reading, lesson.pages_of(stage), told))
    return problems


def steps(stage: Stage, database_url: str, told: Told = print) -> list[str]:
    """Which steps break their promise.

    The student's way is gone from the first step to the last. The tests of the step that comes next fail, and because
    it is empty; those of the step before it pass, although it and all that follow are empty. At the end all pass.
    So the tests of each step pass without any of those that come later.
    """
    learning = load(stage.folder)

    states = [state for position in range(len(learning.steps) + 1) if (state := _State.at(position, learning)).tested]
    tried = _examples(learning)
    with ExitStack() as copies:
        jobs = [state.job(stage, copies.enter_context(broken_copy(stage))) for state in states]
        if tried:
            jobs.append(_job_of_examples(tried, copies.enter_context(broken_copy(stage))))

        def problems(number: int, run: Run) -> list[str]:
            return states[number].problems(run, learning) if number < len(states) else _untrue_examples(run)

        def hear(number: int, run: Run) -> None:
            what = "one more state" if number < len(states) else "the examples"
            told(f"{what}: " + ("; ".join(problems(number, run)) or "as it should be"))

        runs = run_all(jobs, database_url=database_url, told=hear)
    return list(dict.fromkeys(chain.from_iterable(problems(number, run) for number, run in enumerate(runs))))


def _examples(learning: Learning) -> list[dict[str, str]]:
    """The examples of the steps' tasks, as try_examples.py reads them."""
    return [
        {"step": step.id, "call": each.call, "result": each.result}
        | ({} if each.is_request else {"module": step.files[0].removesuffix(".py").replace("/", ".")})
        for step in learning.steps
        for each in step.examples
        if not each.unproved
    ]


def _job_of_examples(tried: list[dict[str, str]], folder: Path) -> Job:
    """Put a test of the examples among those of a copy of the stage."""
    test = folder / "tests" / EXAMPLES
    write_source(test, Path(__file__).with_name("try_examples.py").read_text(encoding="utf-8"))
    write_source(test.with_name("examples.json"), json.dumps(tried))
    return job_on(folder, [f"tests/{EXAMPLES}"])


def _untrue_examples(run: Run) -> list[str]:
    """Which examples are not true."""
    if not run.outcomes:
        return [f"the examples can't be tried: {run.complaint}"]
    happened = {outcome.test.partition("[")[2].removesuffix("]"): outcome.happened for outcome in run.failed}
    return [f"step {example} is not as the example says: {what}" for example, what in happened.items()]


def variants(stage: Stage, database_url: str, told: Told = print) -> list[str]:
    """Which right solutions of a step its tests refuse, and which wrong ones pass."""
    learning = load(stage.folder)
    problems = list(variants_of.problems(stage, learning))
    there = variants_of.variants(stage, learning)
    tried = [each for each in there if each.step.tests]
    problems += _graded_wrong(stage, learning, [each for each in there if each.step.catches], database_url, told)
    with ExitStack() as copies:

        def job(variant: variants_of.Variant) -> Job:
            folder = copies.enter_context(broken_copy(stage))
            variant.put(stage, folder)
            return job_on(folder, variant.step.tests, stop_at_first=True, seconds=VARIANT_SECONDS)

        def hear(number: int, run: Run) -> None:
            told(_judged(tried[number], run) or f"{tried[number]}: as it should be")

        runs = run_all([job(variant) for variant in tried], database_url=database_url, told=hear)
    return problems + [problem for each in zip(tried, runs, strict=True) if (problem := _judged(*each))]


def _graded_wrong(
    stage: Stage, learning: Learning, tests: Sequence[variants_of.Variant], database_url: str, told: Told
) -> list[str]:
    """What is wrong with how tests of a learner's own are graded by their step's bugs."""
    problems = []
    for variant in tests:
        with broken_copy(stage) as folder:
            variant.put(stage, folder)
            bugs = [learning.bug(bug_id) for bug_id in variant.step.catches]
            result = grade(stage, bugs, database_url=database_url, tests_from=folder, tests=variant.step.files)
        missed = ", ".join(each.bug.id for each in result.graded if not each.caught)
        wrong = result.unbroken or (missed and f"they miss {missed}")
        if variant.is_right and wrong:
            problems.append(f"{variant} is refused: {wrong}")
        elif not variant.is_right and not wrong:
            problems.append(f"{variant} catches all bugs of step {variant.step.id}")
        else:
            told(f"{variant}: as it should be")
    return problems


def _judged(variant: variants_of.Variant, run: Run) -> str:
    """What is wrong with how the tests judge a variant; nothing if they judge it right."""
    if variant.is_right:
        if run.good:
            return ""
        failed = run.failed[0] if run.failed else None
        return f"{variant} is refused: {f'{failed.test}: {failed.happened}' if failed else run.complaint}"
    if run.good:
        return f"{variant} passes all tests of step {variant.step.id}"
    if run.hangs or any(not outcome.is_import for outcome in run.failed):
        return ""
    return f"{variant} can't even be imported: {run.failed[0].happened if run.failed else run.complaint}"


@dataclass(frozen=True)
class _State:
    """The stage at some point of a student's way: the steps that are still empty, and those whose tests are run."""

    empty: tuple[Step, ...]
    tested: tuple[Step, ...]  # none between two tasks of writing tests: pytest would take no names for all of them

    @classmethod
    def at(cls, position: int, learning: Learning) -> "_State":
        written, empty = learning.steps[:position], learning.steps[position:]
        tested = (*(written[-1:] if empty else written), *empty[:1])
        return cls(empty, tuple(step for step in tested if step.tests))

    def job(self, stage: Stage, folder: Path) -> Job:
        """Empty what is empty in a copy of the stage, on which the tests are to run."""
        for file, text in emptied(stage.folder, self.empty).items():
            write_source(folder / file, text)
        for file in drafted(self.empty):
            (folder / file).unlink()
        tests = list(dict.fromkeys(test for step in self.tested for test in step.tests))
        return job_on(folder, tests, tests_from=stage.folder)

    def problems(self, run: Run, learning: Learning) -> list[str]:
        steps = [_broken_step(step, run, learning, is_empty=step in self.empty) for step in self.tested]
        return list(chain.from_iterable(steps))


def _broken_step(step: Step, run: Run, learning: Learning, *, is_empty: bool) -> list[str]:
    if run.hangs:
        return [f"step {step.id}: its tests are {run.hangs}"]
    mine = [outcome for outcome in run.outcomes if any(outcome.concerns(test) for test in step.tests)]
    reason = f"NotImplementedError: {step.marker}"
    if not run.outcomes and is_empty and reason in run.output:
        return []  # an emptied class: nothing that needs it can even be imported, the tests' fixtures first
    if not run.outcomes and NOT_FOUND not in run.output:
        return [f"step {step.id}: its tests can't be run: {run.complaint}"]
    missing = [test for test in step.tests if re.search(rf"^{NOT_FOUND}.*{re.escape(test)}$", run.output, re.MULTILINE)]
    problems = [f"step {step.id}: there is no test {test}" for test in missing]
    if is_empty:
        for outcome in mine if not step.refactors else ():  # code that works is handed out: what changes is its shape
            if outcome.passed:
                problems.append(f"step {step.id}: {outcome.test} passes although the step is empty")
            elif (
                reason not in outcome.text and step.keep is None and not step.drafted
            ):  # a file that can be imported, or none
                problems.append(f"step {step.id}: {outcome.test} fails for another reason: {outcome.happened}")
    else:
        problems += [_should_pass(step, outcome, learning) for outcome in mine if not outcome.passed]
    return problems


def _should_pass(step: Step, outcome: Outcome, learning: Learning) -> str:
    for later in learning.steps:
        if f"NotImplementedError: {later.marker}" in outcome.text:
            return (
                f"step {step.id}: {outcome.test} needs step {later.id}, which comes later: "
                "move that before it, or hand a first version out, in before/"
            )
    return f"step {step.id}: {outcome.test} fails although the step is written: {outcome.happened}"


def bugs(stage: Stage, database_url: str, told: Told = print) -> list[str]:
    """Which bugs no test of the stage sees, and which are no bugs that a test could see."""
    learning = load(stage.folder)
    static.try_bugs(stage, learning)
    result = grade(
        stage,
        learning.bugs,
        database_url=database_url,
        told=lambda each: told(f"{each.bug.id}: {f'caught by {each.by}' if each.caught else 'missed'}"),
    )
    if result.unbroken is not None:
        return [f"without any bug, {result.unbroken}"]
    problems = []
    for each in result.graded:
        if not each.caught:
            problems.append(f"bug {each.bug.id}: {each.by or 'no test of the stage sees it'}")
        elif "::" not in each.by and not each.by.startswith("a test"):
            problems.append(f"bug {each.bug.id}: with it, {each.by} can't even be imported; that is no fault to find")
    return problems


def update(stage: Stage, database_url: str, told: Told = print) -> list[str]:
    """Write a lesson's listings and outputs as they are today."""
    relist(stage)
    with lesson_runner.reading(stage, database_url) as reading:
        _write(lesson_runner.update(reading, lesson.pages_of(stage), told))
    relist(stage)
    return []


def relist(stage: Stage) -> list[Page]:
    """Write a lesson's listings, boxes and tables as they are today. Returns the pages that were others."""
    changed: dict[str, Page] = {}
    for _ in range(2):  # the front page counts what stands on the others
        for page in lesson.pages_of(stage):
            if (fresh := lesson.rewritten(page)) != page:
                changed[fresh.name] = fresh
                _write([fresh])
    return list(changed.values())


def _write(pages: Sequence[Page]) -> None:
    for page in pages:
        write_source(page.stage.folder / page.name, page.text)


PROOFS: dict[str, Callable[[Stage, str], list[str]]] = {
    "lessons": lessons,
    "steps": steps,
    "variants": variants,
    "bugs": bugs,
    "update": update,
}


def prove(name: str, stage: Stage) -> int:
    """Run one proof; returns 1 if something is not true. Raises UsageError for a proof that there is not."""
    if name not in PROOFS:
        raise UsageError(f"There is no proof {name!r}; there are: {', '.join(PROOFS)}.")
    start = time.monotonic()
    with ladder.fresh_database(container=True) as url, warm.pythons(re.compile(PROGRAMS), LIBRARIES):
        problems = PROOFS[name](stage, url)
    for problem in problems:
        ladder.to_stderr(f"{stage.path}: {problem}")
    seconds = time.monotonic() - start
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    verdict = count if problems else "all true"
    ladder.to_stderr(f"{name} of stage {stage.id}: {verdict} ({seconds:.1f} s)")
    return 1 if problems else 0
