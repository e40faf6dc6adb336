"""A stage's lesson: its front page `README.md`, and the pages of its folder `lesson/`, one for each section."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from course.errors import CourseError
from course.stages import STAGES, Stage

FRONT = "README.md"
FOLDER = "lesson/"
HEADING = re.compile(r"^#+ (?P<text>(?:Step )?(?P<number>\d+(?:\.\d+)*[a-z]?)?\b.*?)\s*$", re.MULTILINE)
FENCE = re.compile(r"^(?:> )?(```+|~~~+)")  # in a quotation, too: a task stands in one


@dataclass(frozen=True)
class Page:
    """A page of a lesson: its path inside the stage, and its text."""

    stage: Stage
    name: str  # README.md, or lesson/4.2-settings.md
    text: str

    @property
    def path(self) -> str:
        """From the repository's root."""
        return f"{self.stage.path}/{self.name}"

    @property
    def title(self) -> str:
        """Its first heading."""
        match = HEADING.search(without_blocks(self.text))
        return match["text"] if match else self.name

    @cached_property
    def headings(self) -> dict[str, str]:
        """Its numbered headings by their numbers: 4.2, or 4.2a for "Step 4.2a: ..."."""
        found = HEADING.finditer(without_blocks(self.text))
        return {match["number"]: match["text"] for match in found if match["number"]}


def pages(stage: Stage) -> list[Page]:
    """The pages of a stage's lesson in the order in which they are read, the front page apart. None if it has none."""
    paths = sorted((stage.folder / FOLDER).glob("*.md"), key=lambda path: _order(path.name))
    return [Page(stage, FOLDER + path.name, path.read_text(encoding="utf-8")) for path in paths]


def _order(name: str) -> tuple[list[int], str]:
    """4.2-settings.md before 4.10-more.md, and 5.3-sockets.md before 5.3b-origins.md."""
    number = name.partition("-")[0]
    return [int(part) for part in re.findall(r"\d+", number)], number[-1]


def where(*numbers: str, among: Sequence[Page] = ()) -> tuple[Page, str]:
    """The page that teaches a section, and its heading there: of the first of some numbers that any heading has.

    Raises CourseError if no lesson has one of them.
    """
    candidates = among or [page for stage in STAGES for page in pages(stage)]
    for number in numbers:
        for page in candidates:
            if number in page.headings:
                return page, page.headings[number]
    raise CourseError(f"No lesson has a section {' or '.join(numbers)}.")


def anchor(heading: str) -> str:
    """The anchor that GitHub, and our site, give a heading that stands once on its page."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def without_blocks(text: str) -> str:
    """A text with its fenced blocks blanked out, every other character at its place."""
    kept, fence = [], ""
    for line in text.splitlines(keepends=True):
        match = FENCE.match(line)
        inside = bool(fence)
        if match and not fence:
            fence = match[0]
        elif match and line.strip() == fence:
            fence = ""
        kept.append(re.sub(r"[^\n]", " ", line) if inside or match else line)
    return "".join(kept)
