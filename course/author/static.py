"""What can be seen of the stages' lessons, steps and bugs without running anything: seconds, for all stages.

python -m course.author.static
"""

import ast
import re
import sys
from collections.abc import Iterator

from course.author import lesson, renames, share, terms, timetable, variants
from course.errors import CourseError
from course.machine import ladder
from course.machine.material.bugs import apply, broken_copy
from course.machine.material.data import Learning, is_teaching, load
from course.machine.material.reading import find
from course.machine.material.workspace import emptied, read_source, stage_files, write_source
from course.stages import STAGES, Stage

# What a hint may not say: that somewhere stands what a learner is to write.
TO_A_SOLUTION = (
    r"\bsolution\b|read it, close it|\bshows? (?:it|them|both|all|the (?:whole )?(?:function|code|body|file)|"
    r"(?:the )?(?:two |three |four |five )?(?:functions|endpoints?|lines|handlers|methods)|(?:%s))\b"
)


def lesson_problems(stage: Stage) -> list[str]:
    """What is not true in a stage's lesson, as far as it can be seen without following it."""
    pages = lesson.pages_of(stage)
    return [
        str(problem)
        for problem in (
            *(problem for page in pages for problem in (*lesson.stale_blocks(page), *lesson.loose_blocks(page))),
            *lesson.untaught_files(stage, pages),
            *lesson.missing_sections(stage, pages),
            *lesson.steps_not_shown(stage, pages),
            *lesson.silent_orders(stage, pages),
            *lesson.other_titles(stage, pages),
        )
    ]


def learning_problems(stage: Stage) -> Iterator[str]:
    """Steps that empty nothing that is there or name no test, and bugs whose text is gone."""
    try:
        learning = load(stage.folder)
        emptied(stage.folder, learning.steps)
        try_bugs(stage, learning)
    except CourseError as error:
        yield str(error)
        return
    try:
        yield from variants.problems(stage, learning)
    except CourseError as error:
        yield str(error)
    yield from task_problems(stage, learning)
    yield from share.problems(stage)
    for step in learning.steps:
        for test in step.tests:
            file, _, name = test.partition("::")
            path = stage.folder / file
            function = re.escape(name.rpartition("::")[2].partition("[")[0])
            if not path.exists() or (
                name and not re.search(rf"^\s*(async )?def {function}\(", read_source(path), re.M)
            ):
                yield f"step {step.id}: there is no test {test}"


def task_problems(stage: Stage, learning: Learning) -> Iterator[str]:
    """Tasks that do not say enough, hints that send to a solution, and texts that the stage does not have."""
    sources = {file: read_source(stage.folder / file) for file in stage_files(stage.folder) if file.endswith(".py")}
    for step in learning.steps:
        for number, hint in enumerate(step.hints, start=1):
            names = "|".join(name.qualname or "tests" for name in step.empty)
            if sends := re.search(TO_A_SOLUTION % names, hint, re.IGNORECASE):
                yield f"step {step.id}: hint {number} says {sends[0]!r}; it has to say the idea, the solution is folded"
        for name in step.empty:
            node = (
                find(ast.parse(sources[name.file]), name.qualname) if name.qualname else ast.parse(sources[name.file])
            )
            if node and ast.get_docstring(node) is None and not step.task:
                yield f"step {step.id}: {name} has no docstring, and the step has no `task` that says what it does"
        for text in step.texts:
            if not any(text in source for file, source in sources.items() if not is_teaching(file)):
                yield f"step {step.id}: the text {text!r} stands in no file of the stage"


def try_bugs(stage: Stage, learning: Learning) -> None:
    """Put each bug into a copy of the stage and take it out again. Raises CourseError for one that does not go in."""
    with broken_copy(stage) as folder:
        for bug in learning.bugs:
            originals = {change.file: read_source(folder / change.file) for change in bug.substitutions}
            apply(bug, folder)
            for file, text in originals.items():
                write_source(folder / file, text)


def main() -> int:
    """Look at all stages; returns 1 if something is not true."""
    for stage in STAGES:
        if waiting := load(stage.folder).without_variants:
            ladder.to_stderr(f"{stage.path}: still without variants: {', '.join(waiting)}")
    problems = [
        f"{stage.path}: {problem}"
        for stage in STAGES
        for problem in (*lesson_problems(stage), *learning_problems(stage))
    ]
    problems += [*renames.problems(), *terms.problems(), *timetable.problems()]
    for problem in problems:
        ladder.to_stderr(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
