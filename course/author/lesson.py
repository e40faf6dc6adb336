"""A lesson's text taken apart: the blocks that the tool keeps, those that it runs, and the links that it follows."""

import contextlib
import io
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import unquote

from cogapp.cogapp import Cog, CogError  # type: ignore[import-untyped]

from course.author.listing import FENCE, Listings, sections, without_blocks
from course.errors import CourseError
from course.machine.material.data import TEACHING_FILES
from course.machine.material.workspace import read_source, stage_files
from course.stages import Stage

# Without blanks, and unlike anything in Python or HTML code: `]]]` alone ends many a type hint.
MARKERS = ("<!--[[[cog", "]]]-->", "<!--[[[end]]]-->")
CALL = re.compile(r"<!--\[\[\[cog (?P<call>.*?) \]\]\]-->")
NOT_RUN = re.compile(r"<!-- not run: \S.*-->")
LINK = re.compile(r"\[[^\]]*\]\(<?([^)\s>]+)>?(?: \"[^\"]*\")?\)")
HTML_LINK = re.compile(r"<(?:a|img)\b[^>]*?\b(?:href|src)=\"([^\"]+)\"")
PROLOGUE = """
from pathlib import Path
from course.author.lesson import listings_for
_listings = listings_for(stage_path)
def _shown(make):
    return lambda *names: cog.outl(make(*names))
code, bug, steps = _shown(_listings.code), _shown(_listings.bug), _shown(_listings.steps)
minutes, navigation = _shown(_listings.minutes), _shown(_listings.navigation)
"""
_stages: dict[str, Stage] = {}


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, the line of its opening fence, and what made it if the tool did."""

    language: str
    text: str
    line: int
    call: str | None = None
    excused: bool = False  # marked as not run, with the reason


@dataclass(frozen=True)
class Problem:
    """Something in a lesson that is not true any more."""

    line: int
    message: str

    def __str__(self) -> str:
        return f"README.md, line {self.line}: {self.message}"


def path_of(stage: Stage) -> Path:
    """Where a stage's lesson lies. Raises CourseError if it has none."""
    path = stage.folder / "README.md"
    if not path.is_file():
        raise CourseError(f"Stage {stage.id} has no lesson: {stage.path}/README.md is not there.")
    return path


def blocks(text: str) -> Iterator[Block]:
    """All fenced blocks, in order."""
    fence, language, start, call, above = "", "", 0, None, ""
    content: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        match = FENCE.match(line)
        if fence:
            if line.strip() == fence:
                yield Block(language, "\n".join(content), start, call, bool(NOT_RUN.fullmatch(above)))
                fence, above = "", ""
            else:
                content.append(line)
        elif match:
            fence, language, start, content = match[1], line[len(match[1]) :].strip(), number, []
        elif found := CALL.search(line):
            call = found["call"]
        elif MARKERS[2] in line:
            call = None
        elif line.strip():
            above = line.strip()


def rewritten(stage: Stage, text: str) -> str:
    """The lesson with every block that the tool keeps made anew. Raises CourseError, with the line, if one can't be."""
    _stages[str(stage.folder)] = stage
    with tempfile.TemporaryDirectory(prefix="course-lesson-") as scratch:
        before, after = Path(scratch, "README.md"), Path(scratch, "after.md")
        before.write_text(text, encoding="utf-8", newline="\n")
        options = ["-U", "-n", "utf-8", "-D", f"stage_path={stage.folder}", "-p", PROLOGUE, "-o", str(after)]
        command = ["cog", *options, f"--markers={' '.join(MARKERS)}", str(before)]
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                Cog().callable_main(command)
        except CogError as error:
            raise CourseError(_readable(str(error), before)) from error
        return after.read_text(encoding="utf-8")


def listings_for(stage_path: str) -> Listings:
    """What cog's prologue calls: the listings of the stage that is being rewritten."""
    return Listings(_stages[stage_path])


def _readable(message: str, path: Path) -> str:
    """Cog's message as one line: the lesson's line and what is wrong with it."""
    lines = re.findall(rf"{re.escape(str(path))}(?:\", line |:|\()(\d+)", message)
    last = message.strip().splitlines()[-1]
    reason = last.removeprefix("course.errors.CourseError: ")
    reason = re.sub(rf"^{re.escape(str(path))}\(\d+\): ", "", reason)
    return f"README.md, line {lines[-1] if lines else '?'}: {reason}"


def stale_blocks(stage: Stage, text: str) -> list[Problem]:
    """The blocks that are not what the stage's files say today."""
    try:
        fresh = rewritten(stage, text)
    except CourseError as error:
        line, _, reason = str(error).removeprefix("README.md, line ").partition(": ")
        return [Problem(int(line) if line.isdigit() else 1, reason)]
    return [
        Problem(mine[0], f"the block made by {mine[1]} is not what the stage says; {_difference(mine[2], true[2])}")
        for mine, true in zip(_kept(text), _kept(fresh), strict=True)
        if mine[2] != true[2]
    ]


def _kept(text: str) -> list[tuple[int, str, list[str]]]:
    """Line, call and content of each stretch that the tool keeps."""
    found: list[tuple[int, str, list[str]]] = []
    inside = False
    for number, line in enumerate(text.splitlines(), start=1):
        if match := CALL.search(line):
            found.append((number, match["call"], []))
            inside = True
        elif MARKERS[2] in line:
            inside = False
        elif inside:
            found[-1][2].append(line)
    return found


def _difference(shown: list[str], true: list[str]) -> str:
    for one, other in zip(shown, true, strict=False):
        if one != other:
            return f"it shows {one.strip()!r} where the stage has {other.strip()!r}"
    extra = (shown if len(shown) > len(true) else true)[min(len(shown), len(true))]
    return f"it {'shows' if len(shown) > len(true) else 'lacks'} {extra.strip()!r}"


def loose_blocks(text: str) -> list[Problem]:
    """Fenced blocks that nothing keeps and nothing runs, and that do not say why."""
    return [
        Problem(
            block.line, f"this {block.language or 'plain'} block is neither cut from a file nor run; say why above it"
        )
        for block in blocks(text)
        if block.call is None and block.language != "console" and not block.excused
    ]


def broken_links(page: Path, text: str) -> list[Problem]:
    """Links of a page that lead nowhere inside the repository. External ones are not followed."""
    problems = []
    for number, line in enumerate(without_blocks(text).splitlines(), start=1):
        prose = re.sub(r"`[^`]*`", "", line)
        for target in [*LINK.findall(prose), *HTML_LINK.findall(prose)]:
            if not re.match(r"[a-z]+:", target) and (reason := _leads_nowhere(page, text, target)):
                problems.append(Problem(number, f"the link to {target} {reason}"))
    return problems


def _leads_nowhere(page: Path, text: str, target: str) -> str | None:
    file, _, anchor = unquote(target).partition("#")
    path = page.parent / file if file else page
    if not path.exists():
        return "leads to no file"
    if anchor and re.fullmatch(r"L\d+(-L\d+)?", anchor):
        return "names a line number, which the next change makes wrong; name the function instead"
    if anchor and path.suffix == ".md" and anchor not in anchors(text if not file else read_source(path)):
        return "leads to no heading"
    return None


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives a text's headings, and those that it sets itself."""
    found: set[str] = set(re.findall(r"<a\b[^>]*?\b(?:id|name)=\"([^\"]+)\"", text))
    for heading in re.findall(r"^#{1,6} (.+?)\s*#*$", without_blocks(text), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", plain.replace("`", "")).replace(" ", "-")
        number = 0
        while (anchor := slug if not number else f"{slug}-{number}") in found:
            number += 1
        found.add(anchor)
    return found


def untaught_files(stage: Stage, text: str) -> list[Problem]:
    """Files of the stage that no listing shows and no entry of `not_taught` excuses; entries that excuse nothing."""
    excuses = Listings(stage).learning.not_taught
    shown = {file for block in blocks(text) if (file := _listed_file(block.call))}
    files = [file for file in stage_files(stage.folder) if file not in TEACHING_FILES]
    problems = []
    for file in files:
        if file not in shown and not any(fnmatch(file, pattern) for pattern in excuses):
            problems.append(Problem(1, f"no listing shows {file}, and steps.toml does not say under [not_taught] why"))
    for pattern, reason in excuses.items():
        if not any(fnmatch(file, pattern) for file in files):
            problems.append(Problem(1, f"steps.toml excuses {pattern} under [not_taught], and there is no such file"))
        if not reason.strip():
            problems.append(Problem(1, f"steps.toml excuses {pattern} under [not_taught] without a reason"))
    return problems


def _listed_file(call: str | None) -> str | None:
    match = re.match(r"code\(\"([^\"]+)\"", call or "")
    return match[1] if match else None


def missing_sections(stage: Stage, text: str) -> list[Problem]:
    """Steps whose section the lesson does not have."""
    numbers = {section.number for section in sections(text)}
    steps = Listings(stage).learning.steps
    return [
        Problem(1, f"step {step.id} belongs to section {step.section}, and no heading starts with that number")
        for step in steps
        if step.section not in numbers
    ]
