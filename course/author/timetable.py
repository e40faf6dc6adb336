"""The instructor's timetables: the minutes of notebooks/notes_*.md and of the steps, laid out over days and weeks.

The formats stand in notebooks/timetable.toml. A lesson whose minutes grow moves what follows it; what no longer fits
into the days of a format is an error.
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, groupby
from pathlib import Path

from course.author.listing import FOLDED
from course.errors import CourseError
from course.machine.material.data import load
from course.machine.material.lessons import HEADING, Page, anchor, pages, where, without_blocks
from course.machine.material.workspace import read_source, write_source
from course.paths import ROOT, from_here
from course.stages import STAGES, Stage, stage_by_id

KIT = ROOT / "notebooks" / "README.md"
FORMATS = KIT.with_name("timetable.toml")
TABLE = re.compile(r"(<!-- timetable (?P<name>[\w-]+) -->\n).*?(<!-- end of the timetable -->)", re.DOTALL)
NOTE = re.compile(r"^## \[(?P<heading>.+?)\]\((?P<page>\S+)\): (?P<minutes>\d+) minutes? to show$", re.MULTILINE)
SHOWN = re.compile(r"^## In \[(?P<name>\w+)\]\((?P<page>\S+)\)\n(?P<text>(?:(?!^## ).*\n)*)", re.MULTILINE)
MINUTES = re.compile(r"^### .+: (\d+) minutes?$", re.MULTILINE)  # of a demonstration
COMMAND = re.compile(r"^\$ (?!course (?:check|start)\b)", re.MULTILINE)  # that is shown; those two are the learners'
COMMAND_MINUTES = 1  # to type it, to let them guess, and to look at what comes
RESERVE = 0.25  # of each sitting, for questions and for whoever was late
SITTING_MINUTES_MAX = 90  # then people need a break


@dataclass(frozen=True)
class Part:
    """A part of a lesson that one instructor note serves: minutes to show it, and to write its steps."""

    stage: Stage
    heading: str
    shows: int
    writes: int = 0
    page: str = ""  # and its heading there, from the folder of the notes

    @property
    def minutes(self) -> int:
        return self.shows + self.writes

    @property
    def link(self) -> str:
        """A link from the kit to the part."""
        return f"[{self.heading}]({self.page})"


@dataclass(frozen=True)
class Format:
    """A way to teach the course: the length of the sittings in minutes, and which parts are taught in them."""

    name: str
    begins: str  # "09:00"
    sittings: Sequence[int]  # of one day, or of one week
    pauses: Sequence[int]  # between them
    days: int | None = None  # None: as many weeks as it takes
    taught: Mapping[str, Sequence[str]] | None = None  # by stage, the beginnings of the headings; None: everything
    they_write: bool = True  # if not, the notebooks are shown, and the lessons are for home


@dataclass(frozen=True)
class Sitting:
    """The parts between two pauses."""

    day: int
    begins: datetime
    minutes: int
    parts: tuple[Part, ...]


def parts_of(stage: Stage) -> list[Part]:
    """The parts of a stage's lesson, in order, from the instructor's notes; none if there are no notes.

    A step belongs to the last part that begins before it. Raises CourseError for a note of no page, and for one that
    plans less time than its commands take.
    """
    if not (found := list(NOTE.finditer(_notes(stage)))):
        return []
    lesson = pages(stage)
    begins = [_place(lesson, note["page"]) for note in found]
    writes = [0] * len(found)
    for step in load(stage.folder).steps:
        page, heading = where(step.id, step.section, among=lesson)
        writes[max(0, bisect_right(begins, _place(lesson, f"{page.name}#{anchor(heading)}")) - 1)] += step.minutes or 0
    text = "".join(page.text for page in lesson)
    for note, begin, end in zip(found, begins, [*begins[1:], len(text)], strict=True):
        commands = len(COMMAND.findall(FOLDED.sub("", text[begin:end])))
        if int(note["minutes"]) < commands * COMMAND_MINUTES:
            raise CourseError(
                f"notes_{stage.id}.md plans {note['minutes']} minutes to show {note['heading']!r}, and its page has "
                f"{commands} commands to show: plan a minute for each."
            )
    return [
        Part(stage, note["heading"], int(note["minutes"]), writing, note["page"])
        for note, writing in zip(found, writes, strict=True)
    ]


def notebooks_of(stage: Stage) -> list[Part]:
    """A stage's notebooks, with the minutes that the instructor's notes plan for their demonstrations."""
    return [
        Part(stage, match["name"], sum(map(int, MINUTES.findall(match["text"]))), page=match["page"])
        for match in SHOWN.finditer(_notes(stage))
    ]


def _notes(stage: Stage) -> str:
    """The instructor's notes for a stage; a new one has none yet."""
    path = KIT.with_name(f"notes_{stage.id}.md")
    return read_source(path) if path.is_file() else ""


def _place(lesson: Sequence[Page], link: str) -> int:
    """Where a link leads to in the text of a lesson's pages, one after the other. Raises CourseError if nowhere."""
    file, _, wanted = link.partition("#")
    starts = [0, *accumulate(len(page.text) for page in lesson)]
    for start, page in zip(starts, lesson, strict=False):
        if Path(file).name == Path(page.name).name:
            headings = HEADING.finditer(without_blocks(page.text))
            found = [match.start() for match in headings if wanted in ("", anchor(match["text"]))]
            if found:
                return start + (found[0] if wanted else 0)
    raise CourseError(f"A note leads to {link}, and no page of the lesson has that heading.")


def formats() -> list[Format]:
    """The formats of notebooks/timetable.toml. Raises CourseError for a wrong key, and for too long a sitting."""
    tables = tomllib.loads(FORMATS.read_text(encoding="utf-8"))
    try:
        made = [Format(name, **entries) for name, entries in tables.items()]
    except TypeError as error:
        raise CourseError(f"{FORMATS.name} has a format that is not as it has to be: {error}.") from error
    for each in made:
        if (longest := max(each.sittings)) > SITTING_MINUTES_MAX:
            raise CourseError(
                f"The format {each.name} has a sitting of {longest} minutes: give it a pause after "
                f"{SITTING_MINUTES_MAX}."
            )
    return made


def taught(wanted: Format, parts: Sequence[Part]) -> list[Part]:
    """The parts that a format teaches, each with its minutes there.

    Raises CourseError if the format names a part that is not there.
    """
    if wanted.taught is None:
        return list(parts)
    chosen = set()
    for stage_id, beginnings in wanted.taught.items():
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
    """The parts, in order, in the sittings of a format, each of which keeps its reserve.

    Raises CourseError if they do not fit.
    """
    rest = list(parts)
    sittings = []
    for day, begins, minutes in _times(wanted):
        here: list[Part] = []
        while rest and sum(part.minutes for part in here) + rest[0].minutes <= minutes * (1 - RESERVE):
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
    every = [part for stage in STAGES for part in (parts_of if wanted.they_write else notebooks_of)(stage)]
    sittings = laid_out(wanted, taught(wanted, every))
    rows = _by_day(sittings) if wanted.days else _by_week(sittings)
    return "\n".join([*rows, "", *_account(sittings, every)]) + "\n"


def _account(sittings: Sequence[Sitting], every: Sequence[Part]) -> Iterator[str]:
    """How long it is in all, and what is left out, folded."""
    parts = [part for sitting in sittings for part in sitting.parts]
    shows, writes = sum(part.shows for part in parts), sum(part.writes for part in parts)
    reserve = sum(sitting.minutes for sitting in sittings) - shows - writes
    wrote = f"they write for {_hours(writes)}" if writes else "they write at home"
    told = f"You show for {_hours(shows)}, {wrote}, and {_hours(reserve)} are in reserve."
    taken = {part.heading for part in parts}
    if not (left := [part for part in every if part.heading not in taken]):
        yield f"That is all of it. {told}"
        return
    home = sum(part.minutes for part in every) - shows - writes
    yield f"<details><summary>{told} For home: {_hours(home)}</summary>"
    for stage, stage_parts in groupby(left, key=lambda part: part.stage):
        yield ""
        yield f"From {stage.id}: {'; '.join(part.heading for part in stage_parts)}."
    yield ""
    yield "</details>"


def _by_day(sittings: Sequence[Sitting]) -> Iterator[str]:
    """One row for each part, with the time at which it begins."""
    yield "| begins | what | stage | you show | they write |"
    yield "|---|---|---|---:|---:|"
    day = 0
    for number, sitting in enumerate(sittings):
        if sitting.day != day:
            day = sitting.day
            if sittings[-1].day > 1:
                yield f"| **Day {day}** | | | | |"
        now = sitting.begins
        for part in sitting.parts:
            yield f"| {now:%H:%M} | {part.link} | {part.stage.id} | {part.shows} | {part.writes or ''} |"
            now += timedelta(minutes=part.minutes)
        end = sitting.begins + timedelta(minutes=sitting.minutes)
        reserve = (end - now).seconds // 60
        yield f"| {now:%H:%M} | *reserve, {reserve} minutes: questions, and whoever was late* | | | |"
        following = sittings[number + 1] if number + 1 < len(sittings) else None
        if following is not None and following.day == day:
            yield f"| {end:%H:%M} | *pause, {(following.begins - end).seconds // 60} minutes* | | | |"


def _by_week(sittings: Sequence[Sitting]) -> Iterator[str]:
    """One row for each sitting, two of a week with a pause between them."""
    yield "| week | begins | stage | what (you show + they write) | reserve |"
    yield "|---:|---|---|---|---:|"
    for sitting in sittings:
        stages = ", ".join(dict.fromkeys(part.stage.id for part in sitting.parts))
        links = "; ".join(f"{part.link} ({part.shows} + {part.writes})" for part in sitting.parts)
        reserve = sitting.minutes - sum(part.minutes for part in sitting.parts)
        yield f"| {sitting.day} | {sitting.begins:%H:%M} | {stages} | {links} | {reserve} |"


def _hours(minutes: int) -> str:
    return f"{minutes // 60} h {minutes % 60:02} min"


def rewritten(text: str) -> str:
    """The kit's text with every timetable made anew. Raises CourseError for one that is of no format."""
    known = {each.name: each for each in formats()}

    def fresh(match: re.Match[str]) -> str:
        if match["name"] not in known:
            raise CourseError(f"There is no format {match['name']!r} in notebooks/timetable.toml.")
        return f"{match[1]}\n{table(known[match['name']])}\n{match[3]}"

    return TABLE.sub(fresh, text)


def problems(path: Path = KIT) -> Iterator[str]:
    """Whether the tables are not what the lessons say, or can't be."""
    try:
        if rewritten(text := read_source(path)) != text:
            yield f"{from_here(path)}: the timetables are older than the lessons: course author timetable"
    except CourseError as error:
        yield str(error)


def write(path: Path = KIT) -> None:
    """Write the timetables of the instructor's page anew."""
    write_source(path, rewritten(read_source(path)))
