"""The blocks that a lesson shows: code cut from the stage's files by name, bugs as a diff, and tables kept by the tool.

A lesson calls these between cog's markers; what they return is what stands below.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from pathlib import Path

from course.author import renames, step_block
from course.author.step_block import fenced
from course.errors import CourseError
from course.machine.material.bugs import changes
from course.machine.material.data import BEFORE, Learning, Step, Substitution, load
from course.machine.material.lessons import FRONT, pages, where, without_blocks
from course.machine.material.reading import cut
from course.machine.material.workspace import emptied, read_source
from course.stages import STAGES, Stage

LANGUAGES = {".py": "python", ".toml": "toml", ".ini": "ini", ".html": "html", ".js": "javascript", ".css": "css"}
WORDS_A_MINUTE = 130  # of prose, for somebody who reads it in a second language and thinks
LINES_A_MINUTE = 20  # of code that is read
FOLDED = re.compile(r"(?<=\n)<details>(?:(?!<!--\[\[\[).)*(?=<!--\[\[\[end)", re.DOTALL)  # at the end of a kept block
COMMAND_MINUTES = 0.5  # to type one, and to look at what it prints


class Listings:
    """What the markers of one page of a stage's lesson can call."""

    def __init__(self, stage: Stage, page: str = FRONT) -> None:
        self.stage = stage
        self.page = page
        self.learning: Learning = load(stage.folder)

    def code(self, file: str, *names: str) -> str:
        """Cut definitions, assignments or `imports` from a file by name; without names, the whole file."""
        path = self.stage.folder / file
        if not path.is_file():
            raise CourseError(f"{file} is not there.")
        for step in self.learning.steps:
            for name in step.empty:
                if name.file == file and name.qualname in (names or (None,)):
                    raise CourseError(f'{name} is what step {step.id} asks for: show it by step("{step.id}").')
        source = self._as_given(file)
        text = "\n\n\n".join(cut(source, name, file) for name in names) if names else source.strip("\n")
        if path.suffix in (".html", ".css", ".js"):
            return fenced(LANGUAGES[path.suffix], text)
        return fenced(LANGUAGES.get(path.suffix, "text"), f"# {file}\n{text}")

    def begun(self, file: str, *names: str) -> str:
        """Definitions as a learner has them before a step: code that works, out of `before/`."""
        source = read_source(self.stage.folder / BEFORE / file)
        return fenced(
            LANGUAGES[Path(file).suffix], f"# {file}\n" + "\n\n\n".join(cut(source, name, file) for name in names)
        )

    def _as_given(self, file: str) -> str:
        """A file's text, `...` in place of what a learner writes."""
        steps = tuple(step for step in self.learning.steps if file in step.files)
        if not steps:
            return read_source(self.stage.folder / file)
        text = emptied(self.stage.folder, steps)[file]
        text = re.sub(r"raise NotImplementedError\(\"step (\S+):.*\"\)(\n +yield .*)?", r"...  # yours: step \1", text)
        return re.sub(r":\n +(\.\.\.  # yours)", r": \1", text)  # a body of `...` alone, as ruff formats it

    def step(self, step_id: str) -> str:
        """A step: its task in a box, its hints and one solution folded."""
        return step_block.block(self.stage.folder, self.learning, self.learning.step(step_id))

    def bug(self, *bug_ids: str) -> str:
        """What bugs change, as a diff from the stage's code to the faulty one.

        Where that is a part of what a learner writes it is folded, without the lines that it changes. What stands
        around it may be a part of the solution as well, so its title says so.
        """
        bugs = [self.learning.bug(bug_id) for bug_id in bug_ids]
        lines = []
        for change in changes(self.stage, bugs):
            lines.append(f"# {change.new}")
            lines += ["..." if line.startswith("@@") else line.rstrip() for line in change.lines[1:]]
        changed = [change for bug in bugs for change in bug.substitutions]
        steps = [step.id for step in self.learning.steps if any(self._is_part(each, step) for each in changed)]
        if not steps:
            return fenced("diff", "\n".join(lines))
        wrong_side = fenced("diff", "\n".join(_without_right_lines(lines)))
        return step_block.folded(f"The wrong code, with parts of the solution of step {', '.join(steps)}", wrong_side)

    def _is_part(self, change: Substitution, step: Step) -> bool:
        """Whether a bug changes what a step has a learner write."""
        source = read_source(self.stage.folder / change.file)
        mine = [name.qualname for name in step.empty if name.file == change.file]
        return any(name is None or change.find.strip("\n") in cut(source, name, change.file) for name in mine)

    def steps(self) -> str:
        """The steps as a table."""
        rows = [
            f"| {step.id} | {step.title} | {_listed(step.files)} | {step.minutes or ''} |"
            for step in self.learning.steps
        ]
        return "\n".join(["| step | what you write | where | minutes |", "|---|---|---|---|", *rows])

    def renames(self, before: str) -> str:
        """The names of the stage before that this one does not have, with the reason, as a table."""
        return renames.table(before, self.stage.id)

    def pages(self) -> str:
        """The pages of the lesson with a learner's minutes, and their sum."""
        lesson = pages(self.stage)
        writing: Counter[str] = Counter()
        for step in self.learning.steps:
            writing[where(step.id, step.section, among=lesson)[0].name] += step.minutes or 0
        minutes = {page.name: max(1, round(reading_minutes(page.text) + writing[page.name])) for page in lesson}
        rows = [f"| [{page.title}]({page.name}) | {minutes[page.name]} |" for page in lesson]
        together = f"| **together** | **{sum(minutes.values())}** |"
        return "\n".join(["| page | minutes |", "|---|---:|", *rows, together])

    def navigation(self) -> str:
        """Links to what is read before and after this page: on a front page, to the lessons before and after."""
        if self.page == FRONT:
            taught = [stage for stage in STAGES if (stage.folder / FRONT).is_file()]
            order = [(f"{stage.id}, {stage.title}", f"{stage.path}/{FRONT}") for stage in taught]
        else:
            order = [(f"{self.stage.id}, {self.stage.title}", f"{self.stage.path}/{FRONT}")]
            order += [(page.title, page.path) for page in pages(self.stage)]
            order += [
                (f"{stage.id}, {stage.title}", f"{stage.path}/{FRONT}")
                for before, stage in pairwise(STAGES)
                if before.id == self.stage.id
            ]
        mine = f"{self.stage.path}/{self.page}"
        here = [path for _, path in order].index(mine)
        links = []
        if here > 0:
            links.append(f"Before this: {_link(mine, *order[here - 1])}.")
        if here + 1 < len(order):
            links.append(f"After this: {_link(mine, *order[here + 1])}.")
        return " ".join(links)


def _without_right_lines(lines: Sequence[str]) -> Iterator[str]:
    """A diff without the lines that it takes away. Where nothing takes their place, a line says so."""
    for changed, run in groupby(lines, key=lambda line: line[:1] in ("+", "-")):
        group = list(run)
        added = [line for line in group if line.startswith("+")]
        if changed and not any(line.strip("+ ") for line in added):
            count = sum(line.startswith("-") and bool(line.strip("- ")) for line in group)
            indent = len(group[0][1:]) - len(group[0][1:].lstrip())
            yield f"-{' ' * indent}(here {'a line is' if count == 1 else f'{count} lines are'} missing)"
        else:
            yield from added if changed else group


def reading_minutes(text: str) -> float:
    """How long it takes to read a page's words and its code, and to type its commands.

    A step's hints and its solution are a part of the step's own minutes.
    """
    text = FOLDED.sub("", text)
    prose = re.sub(r"<!--.*?-->", "", without_blocks(text), flags=re.DOTALL)
    minutes = len(re.findall(r"[\w'-]+", prose)) / WORDS_A_MINUTE
    for block in re.finditer(r"^(?P<fence>`{3,})(?P<language>\w*)\n(?P<text>.*?)^(?P=fence)$", text, re.M | re.S):
        if block["language"] == "console":
            minutes += block["text"].count("$ ") * COMMAND_MINUTES
        else:
            minutes += block["text"].count("\n") / LINES_A_MINUTE
    return minutes


def _listed(files: Sequence[str]) -> str:
    return ", ".join(f"`{file}`" for file in files)


def _link(page: str, title: str, path: str) -> str:
    """A link from one page to another, both named from the repository's root."""
    return f"[{title}]({Path(os.path.relpath(path, Path(page).parent)).as_posix()})"
