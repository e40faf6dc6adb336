"""`course report`: what a learner has done, as a page or a file; and the files of many learners as one table."""

import csv
import io
import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from html import escape
from pathlib import Path
from typing import Any, get_origin

from course.errors import CourseError
from course.machine.material.workspace import Workspace, current_stage
from course.stages import STAGES

FORMAT = 1  # of the file; another course may write another one
MAKE_ONE = "a learner makes one with: course report --name NAME --json > NAME.json"
WIDTH = 100
FORMULA = ("=", "+", "-", "@")  # a spreadsheet would run a text that begins so
PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Who is where</title>
<style>
  body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem; }}
  table {{ border-collapse: collapse; }}
  caption {{ font-weight: bold; text-align: left; }}
  th, td {{ border-bottom: 1px solid #888; padding: .3rem .8rem; text-align: left; vertical-align: top; }}
</style>
<table>
<caption>Who is where</caption>
{rows}
</table>
</html>
"""


@dataclass(frozen=True)
class StageReport:
    """What a learner has done in one stage."""

    steps: int  # that the stage has
    passed: list[str]
    at: str  # the first step that is not passed; "" at the end
    hints: dict[str, int]  # taken, by step
    solutions: list[str]  # of which steps they were opened
    bugs: int  # that the stage has
    caught: list[str]
    suite: bool  # whether all of the stage's tests pass on the code as it is
    verified: str  # what came of the last `course verify`; "" if there was none


@dataclass(frozen=True)
class Report:
    """What a learner has done in all stages that they have begun."""

    name: str
    day: str
    stage: str  # at which they are
    stages: dict[str, StageReport]

    def as_json(self) -> str:
        return json.dumps({"course_report": FORMAT, **asdict(self)}, indent=2)


def own(name: str) -> Report:
    """The report of this clone's workspaces. Raises CourseError if no stage was begun."""
    at = current_stage().id
    begun = [workspace for workspace in map(Workspace, STAGES) if workspace.folder.is_dir()]
    return Report(name, date.today().isoformat(), at, {each.stage.id: _of(each) for each in begun})


def _of(workspace: Workspace) -> StageReport:
    learning, state = workspace.learning, workspace.state
    current = state.current(learning)
    return StageReport(
        steps=len(learning.steps),
        passed=[step.id for step in state.passed(learning)],
        at=current.id if current else "",
        hints={step.id: state.of(step).hints for step in learning.steps if state.of(step).hints},
        solutions=[step.id for step in learning.steps if state.of(step).solution],
        bugs=len(learning.bugs),
        caught=state.bugs_caught(learning),
        suite=workspace.is_done,
        verified=state.verified,
    )


def page(report: Report) -> str:
    """One learner's report as text."""
    lines = [f"{report.name or 'What you have done of the course'}, {report.day}"]
    for stage in STAGES:
        done = report.stages.get(stage.id)
        if done is None:
            lines += ["", f"{stage.id}  {stage.title}: not begun"]
            continue
        lines += ["", f"{stage.id}  {stage.title}: {len(done.passed)} of {done.steps} steps"]
        for what, told in _facts(done).items():
            beginning = f"    {what:<18}"
            lines += textwrap.wrap(told, WIDTH, initial_indent=beginning, subsequent_indent=" " * len(beginning))
    return "\n".join(lines)


def _facts(done: StageReport) -> dict[str, str]:
    caught = f"{len(done.caught)} of {done.bugs}" + (f": {', '.join(done.caught)}" if done.caught else "")
    return {
        "passed": ", ".join(done.passed) or "none",
        "at": done.at or "all steps are passed",
        "hints": ", ".join(f"{step} ({number})" for step, number in done.hints.items()) or "none",
        "solutions opened": ", ".join(done.solutions) or "none",
        "bugs caught": caught,
        "whole suite": "passes" if done.suite else "does not pass yet",
        "verified": done.verified or "not yet",
    }


def read(path: Path) -> Report:
    """A report that somebody else made. Raises CourseError, in one sentence, for what is none."""
    try:
        data = json.loads(path.read_bytes())  # in UTF-16, too: so Windows' PowerShell writes what is sent to a file
    except OSError as error:
        raise CourseError(f"{path} can't be read ({error.strerror}): {MAKE_ONE}") from error
    except (ValueError, RecursionError) as error:
        raise CourseError(f"{path} is not JSON: {MAKE_ONE}") from error
    if not isinstance(data, dict) or "course_report" not in data:
        raise CourseError(f"{path} is JSON, but no report: {MAKE_ONE}")
    if (found := data.pop("course_report")) != FORMAT:
        raise CourseError(
            f"{path} is a report of format {found!r}, and this course reads {FORMAT}: both need the same course."
        )
    try:
        stages = {stage_id: _typed(StageReport, entry) for stage_id, entry in data["stages"].items()}
        report: Report = _typed(Report, {**data, "name": data["name"] or path.stem, "stages": stages})
        rows: list[Sequence[object]] = [*table([report]), *per_stage([report])]
    except (TypeError, KeyError, AttributeError) as error:
        raise CourseError(f"{path} is a report, but not as `course report` writes it: {MAKE_ONE}") from error
    if not all(str(cell).isprintable() for row in rows for cell in row):
        raise CourseError(f"{path} has a character in it that can't be printed: {MAKE_ONE}")
    return report


def _typed(kind: type[Any], entry: dict[str, Any]) -> Any:
    made = kind(**entry)
    for each in fields(kind):
        if not isinstance(getattr(made, each.name), get_origin(each.type) or each.type):  # type: ignore[arg-type]
            raise TypeError(f"{each.name} is {getattr(made, each.name)!r}")
    return made


def read_all(paths: Sequence[Path]) -> list[Report]:
    """The reports in these files and folders, by name. Raises CourseError for what is none, and if there are none."""
    files = [file for path in paths for file in (sorted(path.glob("*.json")) if path.is_dir() else [path])]
    if not files:
        raise CourseError(f"There is no .json file in {', '.join(map(str, paths))}: {MAKE_ONE}")
    return sorted(map(read, files), key=lambda report: report.name.casefold())


def table(reports: Sequence[Report]) -> list[list[str]]:
    """A row for each learner, below the headings: where they are, how much of each stage, and by which help."""
    rows = [["name", "at", *(stage.id for stage in STAGES), "hints", "solutions", "bugs", "suites", "verified", "day"]]
    for report in reports:
        done = report.stages
        at = done[report.stage].at if report.stage in done else ""
        counts = [f"{len(done[s.id].passed)} of {done[s.id].steps}" if s.id in done else "" for s in STAGES]
        sums = [sum(sum(each.hints.values()) for each in done.values())]
        sums += [sum(len(each.solutions) for each in done.values()), sum(len(each.caught) for each in done.values())]
        suites = " ".join(stage_id for stage_id, each in done.items() if each.suite)
        verified = "; ".join(f"{stage_id} {each.verified}" for stage_id, each in done.items() if each.verified)
        rows.append([report.name, f"{report.stage} {at}", *counts, *map(str, sums), suites, verified, report.day])
    return rows


def per_stage(reports: Sequence[Report]) -> Iterator[list[str | int]]:
    """A row for each learner and stage, in numbers, for a spreadsheet."""
    yield ["name", "day", "stage", "passed", "steps", "at", "hints", "solutions", "caught", "bugs", "suite", "verified"]
    for report in reports:
        for stage_id, done in report.stages.items():
            numbers = [sum(done.hints.values()), len(done.solutions), len(done.caught), done.bugs, int(done.suite)]
            yield [report.name, report.day, stage_id, len(done.passed), done.steps, done.at, *numbers, done.verified]


def as_csv(reports: Sequence[Report]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(map(_inert, row) for row in per_stage(reports))
    return text.getvalue().rstrip("\n")


def _inert(cell: str | int) -> str | int:
    """A cell that a spreadsheet shows as it is."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def as_text(reports: Sequence[Report]) -> str:
    rows = table(reports)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def as_html(reports: Sequence[Report]) -> str:
    headings, *rows = table(reports)
    lines = ["<tr>" + "".join(f'<th scope="col">{escape(cell)}</th>' for cell in headings) + "</tr>"]
    lines += ["<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows]
    return PAGE.format(rows="\n".join(lines))
