"""What can be seen of the stages' lessons, steps and bugs without running anything: seconds, for all stages.

python -m course.author.static
"""

import re
import sys
from collections.abc import Iterator

from course.author import lesson
from course.errors import CourseError
from course.machine import ladder
from course.machine.material.bugs import apply, broken_copy
from course.machine.material.data import Learning, load
from course.machine.material.workspace import emptied, read_source, write_source
from course.stages import STAGES, Stage


def lesson_problems(stage: Stage) -> list[str]:
    """What is not true in a stage's lesson, as far as it can be seen without following it."""
    pages = lesson.pages_of(stage)
    return [
        str(problem)
        for problem in (
            *(problem for page in pages for problem in (*lesson.stale_blocks(page), *lesson.loose_blocks(page))),
            *lesson.untaught_files(stage, pages),
            *lesson.missing_sections(stage, pages),
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
    for step in learning.steps:
        for test in step.tests:
            file, _, name = test.partition("::")
            path = stage.folder / file
            function = re.escape(name.rpartition("::")[2].partition("[")[0])
            if not path.exists() or (
                name and not re.search(rf"^\s*(async )?def {function}\(", read_source(path), re.M)
            ):
                yield f"step {step.id}: there is no test {test}"


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
    problems = [
        f"{stage.path}: {problem}"
        for stage in STAGES
        for problem in (*lesson_problems(stage), *learning_problems(stage))
    ]
    for problem in problems:
        ladder.to_stderr(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
