"""The instructor's timetables: the planned minutes of notebooks/notes_*.md, laid out over days and weeks.

python -m course.author.timetable      write the timetables of notebooks/README.md anew (for authors)

The formats stand in notebooks/timetable.toml. A lesson whose minutes grow moves what follows it; what no longer fits
into the days of a format is an error.
"""

import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path

from course.errors import CourseError
from course.machine.material.workspace import read_source, write_source
from course.paths import ROOT
from course.stages import STAGES, Stage, stage_by_id

KIT = ROOT / "notebooks" / "README.md"
FORMATS = KIT.with_name("timetable.toml")
TABLE = re.compile(r"(<!-- timetable (?P<name>[\w-]+) -->\n).*?(<!-- end of the timetable -->)", re.DOTALL)
NOTE = re.compile(r"^## \[(?P<heading>.+?)\]\((?P<page>\S+)\): (?P<minutes>\d+) minutes?$", re.MULTILINE)


@dataclass(frozen=True)
class Part:
    """A part of a lesson that one instructor note serves, with its planned minutes."""

    stage: Stage
    heading: str
    minutes: int
    page: str = ""  # and its heading there, from the folder of the notes

    @property
    def link(self) -> str:
        """A link from the kit to the part."""
        return f"[{self.heading}]({self.page})"


@dataclass(frozen=True)
class Format:
    """A way to teach the course: the length of the sittings in minutes, and which parts are taught in them."""

    name: str
    sittings: tuple[int, ...]  # of one day, or of one week
    pauses: tuple[int, ...]  # between them
    days: int | None  # None: as many weeks as it takes
    begins: str  # "09:00"
    chosen: dict[str, tuple[str, ...]] | None  # by stage, the beginnings of the headings; None: everything


@dataclass(frozen=True)
class Sitting:
    """The parts between two pauses."""

    day: int
    begins: datetime
    minutes: int
    parts: tuple[Part, ...]


def parts_of(stage: Stage) -> list[Part]:
    """The parts of a stage's lesson, in order, from the instructor's notes; none if there are no notes."""
    notes = KIT.with_name(f"notes_{stage.id}.md")
    if not notes.is_file():
        return []
    return [
        Part(stage, note["heading"], int(note["minutes"]), note["page"]) for note in NOTE.finditer(read_source(notes))
    ]


def formats() -> list[Format]:
    """The formats of notebooks/timetable.toml."""
    tables = tomllib.loads(FORMATS.read_text(encoding="utf-8"))
    return [
        Format(
            name,
            tuple(table["sittings"]),
            tuple(table["pauses"]),
            table.get("days"),
            table["begins"],
            {stage_id: tuple(headings) for stage_id, headings in table["taught"].items()}
            if "taught" in table
            else None,
        )
        for name, table in tables.items()
    ]


def taught(wanted: Format, parts: Sequence[Part]) -> list[Part]:
    """The parts that a format teaches. Raises CourseError if it names one that is not there."""
    if wanted.chosen is None:
        return list(parts)
    chosen = set()
    for stage_id, beginnings in wanted.chosen.items():
        for beginning in beginnings:
            found = [
                part
                for part in parts
                if part.stage.id == stage_by_id(stage_id).id and re.match(rf"{re.escape(beginning)}\b", part.heading)
            ]
            if len(found) != 1:
                raise CourseError(
                    f"The format {wanted.name} teaches {beginning!r} of stage {stage_id}, "
                    f"and {len(found)} parts of that lesson begin so: change notebooks/timetable.toml."
                )
            chosen.add(found[0])
    return [part for part in parts if part in chosen]


def laid_out(wanted: Format, parts: Sequence[Part]) -> list[Sitting]:
    """The parts, in order, in the sittings of a format. Raises CourseError if they do not fit."""
    rest = list(parts)
    sittings = []
    for day, begins, minutes in _times(wanted):
        here: list[Part] = []
        while rest and sum(part.minutes for part in here) + rest[0].minutes <= minutes:
            here.append(rest.pop(0))
        sittings.append(Sitting(day, begins, minutes, tuple(here)))
        if not rest:
            return sittings
        if not here:
            break
    left = ", ".join(f"{part.heading} ({part.minutes})" for part in rest)
    raise CourseError(f"The format {wanted.name} has no room left for: {left}. Take something out of it.")


def _times(wanted: Format) -> Iterator[tuple[int, datetime, int]]:
    """Day, beginning and length of each sitting."""
    day = 1
    while wanted.days is None or day <= wanted.days:
        now = datetime.strptime(wanted.begins, "%H:%M")
        for minutes, pause in zip(wanted.sittings, (*wanted.pauses, 0), strict=True):
            yield day, now, minutes
            now += timedelta(minutes=minutes + pause)
        day += 1


def table(wanted: Format) -> str:
    """A format's timetable as Markdown, with what it leaves to be read at home."""
    every = [part for stage in STAGES for part in parts_of(stage)]
    parts = taught(wanted, every)
    rows = list(_by_day(laid_out(wanted, parts)) if wanted.days else _by_week(laid_out(wanted, parts)))
    return "\n".join([*rows, "", *_account(parts, [part for part in every if part not in parts])]) + "\n"


def _account(parts: Sequence[Part], left: Sequence[Part]) -> Iterator[str]:
    """How long it is in all, and what is left out, folded."""
    if not left:
        yield f"That is all of it: {_hours(parts)}."
        return
    yield f"<details><summary>That is {_hours(parts)}. For home: {_hours(left)}</summary>"
    for stage, stage_parts in groupby(left, key=lambda part: part.stage):
        yield ""
        yield f"From {stage.id}: {'; '.join(part.heading for part in stage_parts)}."
    yield ""
    yield "</details>"


def _by_day(sittings: Sequence[Sitting]) -> Iterator[str]:
    """One row for each part, with the time at which it begins."""
    yield "| begins | what | stage | minutes |"
    yield "|---|---|---|---:|"
    day = 0
    for number, sitting in enumerate(sittings):
        if sitting.day != day:
            day = sitting.day
            if sittings[-1].day > 1:
                yield f"| **Day {day}** | | | |"
        now = sitting.begins
        for part in sitting.parts:
            yield f"| {now:%H:%M} | {part.link} | {part.stage.id} | {part.minutes} |"
            now += timedelta(minutes=part.minutes)
        end = sitting.begins + timedelta(minutes=sitting.minutes)
        if end > now:
            spare = (end - now).seconds // 60
            yield f"| {now:%H:%M} | *questions, and whoever was late* | | {spare} |"
        following = sittings[number + 1] if number + 1 < len(sittings) else None
        if following is not None and following.day == day:
            yield f"| {end:%H:%M} | *pause* | | {(following.begins - end).seconds // 60} |"


def _by_week(sittings: Sequence[Sitting]) -> Iterator[str]:
    """One row for each week."""
    yield "| week | stage | what | minutes |"
    yield "|---:|---|---|---:|"
    for sitting in sittings:
        stages = ", ".join(dict.fromkeys(part.stage.id for part in sitting.parts))
        links = "; ".join(f"{part.link} ({part.minutes})" for part in sitting.parts)
        yield f"| {sitting.day} | {stages} | {links} | {sum(part.minutes for part in sitting.parts)} |"


def _hours(parts: Sequence[Part]) -> str:
    hours, minutes = divmod(sum(part.minutes for part in parts), 60)
    return f"{hours} h {minutes:02} min"


def rewritten(text: str) -> str:
    """The kit's text with every timetable made anew. Raises CourseError for one that is of no format."""
    known = {each.name: each for each in formats()}

    def fresh(match: re.Match[str]) -> str:
        if match["name"] not in known:
            raise CourseError(f"There is no format {match['name']!r} in notebooks/timetable.toml.")
        return f"{match[1]}\n{table(known[match['name']])}\n{match[3]}"

    return TABLE.sub(fresh, text)


def main(path: Path = KIT) -> int:
    """Write the timetables."""
    write_source(path, rewritten(read_source(path)))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CourseError as error:
        sys.stderr.write(f"course: {error}\n")
        sys.exit(error.exit_code)
