"""The blocks that a lesson shows: code cut from the stage's files by name, bugs as a diff, and tables kept by the tool.

A lesson calls these between cog's markers; what they return is what stands below.
"""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from course.errors import CourseError
from course.machine.material.bugs import broken_copy
from course.machine.material.data import Learning, load
from course.machine.material.diff import compare
from course.machine.material.workspace import read_source
from course.stages import STAGES, Stage

LANGUAGES = {".py": "python", ".toml": "toml", ".ini": "ini", ".html": "html", ".js": "javascript", ".css": "css"}
MINUTES = re.compile(r"<summary>[^<]*?(\d+) minutes?</summary>")
HEADING = re.compile(r"^(#{2,}) (\d+(?:\.\d+)*)\.? (.+?)\s*$", re.MULTILINE)
FENCE = re.compile(r"^(```+|~~~+)")


@dataclass(frozen=True)
class Section:
    """A numbered heading of a lesson, and the text below it."""

    number: str
    title: str
    text: str

    @property
    def minutes(self) -> int:
        """The planned minutes of its instructor notes."""
        return sum(int(minutes) for minutes in MINUTES.findall(self.text))


class Listings:
    """What the markers of one stage's lesson can call."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
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

    def minutes(self) -> str:
        """The planned minutes of each section, and their sum."""
        planned = [section for section in sections(self._lesson()) if section.minutes and "." in section.number]
        rows = [f"| {section.number} {section.title} | {section.minutes} |" for section in planned]
        total = sum(section.minutes for section in planned)
        return "\n".join(["| section | minutes |", "|---|---|", *rows, f"| **together** | **{total}** |"])

    def navigation(self) -> str:
        """Links to the lessons before and after this one."""
        taught = [stage for stage in STAGES if (stage.folder / "README.md").is_file()]
        here = [stage.id for stage in taught].index(self.stage.id)
        links = []
        if here > 0:
            links.append(f"Before this: {_link(self.stage, taught[here - 1])}.")
        if here + 1 < len(taught):
            links.append(f"After this: {_link(self.stage, taught[here + 1])}.")
        return " ".join(links)

    def _lesson(self) -> str:
        return read_source(self.stage.folder / "README.md")


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


def sections(lesson: str) -> list[Section]:
    """The numbered sections of a lesson, in order. A section ends where the next numbered heading begins."""
    found = list(HEADING.finditer(without_blocks(lesson)))
    ends = [match.start() for match in found[1:]] + [len(lesson)]
    return [Section(match[2], match[3], lesson[match.end() : end]) for match, end in zip(found, ends, strict=True)]


def without_blocks(lesson: str) -> str:
    """The lesson with its fenced blocks blanked out, every other character at its place."""
    kept, fence = [], ""
    for line in lesson.splitlines(keepends=True):
        match = FENCE.match(line)
        inside = bool(fence)
        if match and not fence:
            fence = match[1]
        elif match and line.strip() == fence:
            fence = ""
        kept.append(re.sub(r"[^\n]", " ", line) if inside or match else line)
    return "".join(kept)


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


def _link(here: Stage, there: Stage) -> str:
    up = Path(*[".."] * len(Path(here.path).parts))
    return f"[{there.id}, {there.title}]({(up / there.path / 'README.md').as_posix()})"
