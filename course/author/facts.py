"""Facts about hosts and prices age: each carries the day on which somebody looked, as `(checked 2026-11-22)`.

python -m course.author.facts    what was checked more than MAX_AGE_DAYS ago; it ends with 1 if anything was
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from course.machine import ladder
from course.machine.material.lessons import pages as lesson_pages
from course.paths import ROOT
from course.stages import STAGES

MAX_AGE_DAYS = 180
CHECKED = re.compile(r"\(checked\s+(?P<day>[^)]*)\)")


@dataclass(frozen=True)
class Fact:
    """A place in a text that says when it was last true."""

    path: Path
    line: int
    checked: date

    def age(self, today: date) -> int:
        """How many days ago it was checked."""
        return (today - self.checked).days


def pages() -> list[Path]:
    """The texts that may hold such facts: the front page and the lessons."""
    lessons = [ROOT / page.path for stage in STAGES for page in lesson_pages(stage)]
    return [ROOT / "README.md", *lessons, *sorted((ROOT / "notebooks").glob("*.md"))]


def facts(path: Path) -> Iterator[Fact]:
    """The facts of a text. Raises ValueError for a day that is none."""
    text = path.read_text(encoding="utf-8")
    for match in CHECKED.finditer(text):
        yield Fact(path, text.count("\n", 0, match.start()) + 1, date.fromisoformat(match["day"]))


def main(today: date) -> int:
    """Name each fact that is too old; returns 1 if there is one, or none at all to look at."""
    found = [fact for path in pages() for fact in facts(path)]
    stale = [fact for fact in found if fact.age(today) > MAX_AGE_DAYS]
    for fact in stale:
        place = f"{fact.path.relative_to(ROOT).as_posix()}, line {fact.line}"
        ladder.to_stderr(f"{place}: checked {fact.age(today)} days ago. Look again, and write today's date.")
    ladder.to_stderr(f"facts: {len(found)}, of which {len(stale)} were checked more than {MAX_AGE_DAYS} days ago")
    return 1 if stale or not found else 0


if __name__ == "__main__":
    sys.exit(main(datetime.now(UTC).date()))
