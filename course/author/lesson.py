"""A lesson's pages taken apart: the blocks that the tool keeps, and those that it runs."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from functools import cache

from cogapp.cogapp import Cog, CogError, CogUserException  # type: ignore[import-untyped]

from course.author.listing import Listings
from course.errors import CourseError
from course.machine.material import lessons
from course.machine.material.data import Learning, Name, Step, is_teaching
from course.machine.material.lessons import FENCE, FRONT, Page
from course.machine.material.workspace import stage_files
from course.stages import Stage

# Without blanks, and unlike anything in Python or HTML code: `]]]` alone ends many a type hint.
MARKERS = ("<!--[[[cog", "]]]-->", "<!--[[[end]]]-->")
CALL = re.compile(r"<!--\[\[\[cog (?P<call>.*?) \]\]\]-->")
NOT_RUN = re.compile(r"<!-- not run: \S.*-->")
KEPT = ("code", "begun", "step", "bug", "steps", "pages", "navigation", "renames")  # what a marker may call
STALE = "not what the stage says (course author listings writes it anew)"


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, where its opening fence stands, and what made it if the tool did."""

    language: str
    text: str
    line: int
    page: str
    call: str | None = None
    excused: bool = False  # marked as not run, with the reason


@dataclass(frozen=True)
class Problem:
    """Something in a lesson that is not true any more."""

    page: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.page}, line {self.line}: {self.message}"


def pages_of(stage: Stage) -> list[Page]:
    """A stage's lesson in the order in which it is read, the front page first. Raises CourseError if it has none."""
    front = stage.folder / FRONT
    if not front.is_file():
        raise CourseError(f"Stage {stage.id} has no lesson: {stage.path}/{FRONT} is not there.")
    return [Page(stage, FRONT, front.read_text(encoding="utf-8")), *lessons.pages(stage)]


def blocks(page: Page) -> Iterator[Block]:
    """All fenced blocks of a page, in order."""
    fence, language, start, call, above = "", "", 0, None, ""
    content: list[str] = []
    for number, line in enumerate(page.text.splitlines(), start=1):
        match = FENCE.match(line)
        if fence:
            if line.strip() == fence:
                yield Block(language, "\n".join(content), start, page.name, call, bool(NOT_RUN.fullmatch(above)))
                fence, above = "", ""
            else:
                content.append(line)
        elif match:
            fence, language, start, content = match[0], line[match.end() :].strip(), number, []
        elif found := CALL.search(line):
            call = found["call"]
        elif MARKERS[2] in line:
            call = None
        elif line.strip():
            above = line.strip()


def rewritten(page: Page) -> Page:
    """A page with every block that the tool keeps made anew. Raises CourseError, with the line, if one can't be."""
    cog = Cog()
    cog.options.begin_spec, cog.options.end_spec, cog.options.end_output = MARKERS
    listings = cache(lambda: Listings(page.stage, page.name))  # made in a block, so that what it raises has a line

    def shown(name: str) -> Callable[..., None]:
        return lambda *names: cog.cogmodule.outl(getattr(listings(), name)(*names))

    cog.options.defines = {name: shown(name) for name in KEPT}
    try:
        return replace(page, text=cog.process_string(page.text, page.name))
    except CogUserException as error:
        raise CourseError(f"{page.name}, line {cog.cogmodule.firstLineNum}: {error.__context__}") from error
    except CogError as error:  # "lesson/1.md(12): Unexpected ..."
        raise CourseError(re.sub(r"\((\d+)\): ", r", line \1: ", str(error), count=1)) from error


def stale_blocks(page: Page) -> list[Problem]:
    """The blocks that are not what the stage's files say today."""
    try:
        fresh = rewritten(page)
    except CourseError as error:
        where, _, reason = str(error).partition(": ")
        return [Problem(page.name, int(where.rpartition(" ")[2]), reason)]
    return [
        Problem(page.name, line, f"the block made by {call} is {STALE}; {_difference(shown, true)}")
        for (line, call, shown), (_, _, true) in zip(_kept(page.text), _kept(fresh.text), strict=True)
        if shown != true
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


def loose_blocks(page: Page) -> list[Problem]:
    """Fenced blocks that nothing keeps and nothing runs, and that do not say why."""
    return [
        Problem(
            block.page,
            block.line,
            f"this {block.language or 'plain'} block is neither cut from a file nor run; say why above it",
        )
        for block in blocks(page)
        if block.call is None and block.language not in ("console", "dotenv") and not block.excused
    ]


def untaught_files(stage: Stage, pages: Sequence[Page]) -> list[Problem]:
    """Files of the stage that no listing shows and no entry of `not_taught` excuses; entries that excuse nothing."""
    learning = Listings(stage).learning
    excuses = learning.not_taught
    shown = {name.file for page in pages for block in blocks(page) for name in shown_names(block.call, learning)}
    files = [file for file in stage_files(stage.folder) if not is_teaching(file)]
    complaints = []
    for file in files:
        if file not in shown and not any(fnmatch(file, pattern) for pattern in excuses):
            complaints.append(f"no listing shows {file}, and steps.toml does not say under [not_taught] why")
    for pattern, reason in excuses.items():
        if not any(fnmatch(file, pattern) for file in files):
            complaints.append(f"steps.toml excuses {pattern} under [not_taught], and there is no such file")
        if not reason.strip():
            complaints.append(f"steps.toml excuses {pattern} under [not_taught] without a reason")
    return [Problem(FRONT, 1, complaint) for complaint in complaints]


def shown_step(call: str | None, learning: Learning) -> Step | None:
    """The step that a marker shows, if it shows one."""
    match = re.fullmatch(r"step\(\"([^\"]+)\"\)", call or "")
    return learning.step(match[1]) if match else None


def shown_names(call: str | None, learning: Learning) -> Sequence[Name]:
    """What a marker shows: the names that a step asks for, names of a file, or a whole file."""
    if step := shown_step(call, learning):
        return step.empty
    if not (match := re.fullmatch(r"code\((.*)\)", call or "")):
        return []
    file, *names = re.findall(r"\"([^\"]+)\"", match[1])
    return [Name(file, name) for name in names] or [Name(file, None)]


def steps_not_shown(stage: Stage, pages: Sequence[Page]) -> list[Problem]:
    """Steps that no page shows, or more than one place does."""
    learning = Listings(stage).learning
    calls = [call for page in pages for _, call, _ in _kept(page.text)]
    shown = Counter(step.id for call in calls if (step := shown_step(call, learning)))
    return [
        Problem(FRONT, 1, f'step {step.id} is shown {shown[step.id]} times, not once, by step("{step.id}")')
        for step in learning.steps
        if shown[step.id] != 1
    ]


def silent_orders(stage: Stage, pages: Sequence[Page]) -> list[Problem]:
    """Pages whose steps do not come in the order of their letters, and that do not say in which."""
    learning = Listings(stage).learning
    problems = []
    for page in pages:
        ids = [step.id for _, call, _ in _kept(page.text) if (step := shown_step(call, learning))]
        order = ", ".join(ids)
        if ids != sorted(ids) and order not in page.text:
            problems.append(Problem(page.name, 1, f"its steps are not in the order of their letters: say {order!r}"))
    return problems


def other_titles(stage: Stage, pages: Sequence[Page]) -> list[Problem]:
    """Headings of steps that call the step otherwise than its check does."""
    titles = {step.id: step.title for step in Listings(stage).learning.steps}
    return [
        Problem(page.name, number, f"step {heading[1]} is called {titles[heading[1]]!r}, and here {heading[2]!r}")
        for page in pages
        for number, line in enumerate(page.text.splitlines(), start=1)
        if (heading := re.match(r"#+ Step (\S+): (.+)", line)) and titles.get(heading[1], heading[2]) != heading[2]
    ]


def missing_sections(stage: Stage, pages: Sequence[Page]) -> list[Problem]:
    """Steps whose section the lesson does not have."""
    numbers = {number for page in pages for number in page.headings}
    return [
        Problem(FRONT, 1, f"step {step.id} belongs to section {step.section}, and no heading starts with that number")
        for step in Listings(stage).learning.steps
        if step.section not in numbers
    ]
