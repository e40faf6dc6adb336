"""The blocks that a lesson shows: code cut from the stage's files by name, bugs as a diff, and tables kept by the tool.

A lesson calls these between cog's markers; what they return is what stands below.
"""

import ast
import os
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from course.errors import CourseError
from course.machine.material.bugs import broken_copy
from course.machine.material.data import Learning, load
from course.machine.material.diff import compare
from course.machine.material.lessons import FRONT, pages, where, without_blocks
from course.machine.material.workspace import read_source
from course.stages import STAGES, Stage

LANGUAGES = {".py": "python", ".toml": "toml", ".ini": "ini", ".html": "html", ".js": "javascript", ".css": "css"}
WORDS_A_MINUTE = 130  # of prose, for somebody who reads it in a second language and thinks
LINES_A_MINUTE = 20  # of code that is read
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
        source = read_source(path)
        text = "\n\n\n".join(cut(source, name, file) for name in names) if names else source.strip("\n")
        if path.suffix in (".html", ".css", ".js"):
            return fenced(LANGUAGES[path.suffix], text)
        return fenced(LANGUAGES.get(path.suffix, "text"), f"# {file}\n{text}")

    def bug(self, *bug_ids: str) -> str:
        """What bugs change, as a diff from the stage's code to the faulty one."""
        with broken_copy(self.stage, [self.learning.bug(bug_id) for bug_id in bug_ids]) as folder:
            changes = compare(self.stage.folder, folder)
        lines = []
        for change in changes:
            lines.append(f"# {change.new}")
            lines += ["..." if line.startswith("@@") else line.rstrip() for line in change.lines[1:]]
        return fenced("diff", "\n".join(lines))

    def steps(self) -> str:
        """The steps as a table."""
        rows = [
            f"| {step.id} | {step.title} | {_listed(step.files)} | {step.minutes or ''} |"
            for step in self.learning.steps
        ]
        return "\n".join(["| step | what you write | where | minutes |", "|---|---|---|---|", *rows])

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


def reading_minutes(text: str) -> float:
    """How long it takes to read a page's words and its code, and to type its commands."""
    prose = re.sub(r"<!--.*?-->", "", without_blocks(text), flags=re.DOTALL)
    minutes = len(re.findall(r"[\w'-]+", prose)) / WORDS_A_MINUTE
    for block in re.finditer(r"^(?P<fence>`{3,})(?P<language>\w*)\n(?P<text>.*?)^(?P=fence)$", text, re.M | re.S):
        if block["language"] == "console":
            minutes += block["text"].count("$ ") * COMMAND_MINUTES
        else:
            minutes += block["text"].count("\n") / LINES_A_MINUTE
    return minutes


def cut(source: str, name: str, file: str) -> str:
    """The lines of one definition, with its decorators and the comment right above it.

    `imports` names the lines from the first import to the last. Raises CourseError if the file has no such name.
    """
    tree = ast.parse(source)
    lines = source.splitlines()
    if name == "imports":
        imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        return "\n".join(lines[imports[0].lineno - 1 : imports[-1].end_lineno]) if imports else ""
    body: Sequence[ast.stmt] = tree.body
    node: ast.stmt | None = None
    for part in name.split("."):
        node = next((each for each in body if part in _names(each)), None)
        if node is None:
            raise CourseError(f"{file} has no {name}.")
        body = getattr(node, "body", [])
    assert node is not None
    return _lines(lines, node)


def fenced(language: str, text: str) -> str:
    """A fenced block; its fence is longer than any inside."""
    longest = max((len(match) for match in re.findall(r"^`{3,}", text, re.MULTILINE)), default=2)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _names(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case ast.Assign(targets=targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
    return set()


def _lines(lines: list[str], node: ast.stmt) -> str:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1
    while first > 0 and lines[first - 1].strip().startswith("#"):
        first -= 1
    return "\n".join(lines[first : node.end_lineno])


def _listed(files: Sequence[str]) -> str:
    return ", ".join(f"`{file}`" for file in files)


def _link(page: str, title: str, path: str) -> str:
    """A link from one page to another, both named from the repository's root."""
    return f"[{title}]({Path(os.path.relpath(path, Path(page).parent)).as_posix()})"
