"""What the learning loop says to a student."""

import re
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.syntax import Syntax
from rich.text import Text

from course.learn.check import Verdict
from course.learn.site.address import place
from course.machine.material import lessons
from course.machine.material.bugs import Graded
from course.machine.material.data import Step
from course.machine.material.diff import Change
from course.machine.material.lessons import FRONT
from course.machine.material.workspace import StartReport, Workspace, workspace_root
from course.paths import ROOT

PASSED_SHOWN = 3  # steps that are done, one by one, where another is not
console = Console(highlight=False, soft_wrap=True)


def show(text: str) -> None:
    """Print text as it is, in a terminal in lines that are not wider than it."""
    console.print(_wrapped(text), markup=False)


def _wrapped(text: str) -> str:
    """Text for a terminal: its lines broken between words, and what is broken off stands under its line's beginning.

    What goes into a file or another program keeps its lines.
    """
    if not console.is_terminal:
        return text
    lines = []
    for line in text.splitlines():
        start = re.match(r" +(?:[a-z]+: +)?", line)  # "  expected: " of a check's lines
        indent = " " * (start.end() if start else 0)
        wide = textwrap.TextWrapper(
            console.width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )
        lines.append(wide.fill(line))
    return "\n".join(lines)


def path(place: Path) -> str:
    """A path as a student finds it: from the repository's root, if it lies there."""
    for root in (workspace_root().parent, ROOT):
        if place.is_relative_to(root):
            return place.relative_to(root).as_posix()
    return str(place)


def started(workspace: Workspace, report: StartReport) -> str:
    """What `start` has done, and what comes next."""
    place = path(workspace.folder)
    if report.fresh:
        lines = [
            f"Your copy of stage {workspace.stage.id} is in {place}: {len(workspace.learning.steps)} steps to write."
        ]
        if report.repository:
            lines.append("It is a git repository of your own: course commit keeps what you have finished.")
    else:
        lines = [
            f"You have a workspace of stage {workspace.stage.id} already, in {place}; nothing of yours was changed."
        ]
        lines += _brought(report)
    if report.trouble:
        lines.append(f"It has no history for now, because {report.trouble}.")
    lines.append(f"The lesson: {path(workspace.stage.folder / FRONT)}")
    watch = "In a terminal that stays open, this checks your copy whenever you save: course check --watch"
    return "\n".join([*lines, position(workspace), watch])


def _brought(report: StartReport) -> Iterator[str]:
    """What came from the course since the last time, file by file."""
    parts = [
        ("brought up to date, because you had not touched them: {}", report.written),
        ("merged with what you have written: {}", report.merged),
        ("no longer part of the stage, and removed: {}", report.removed),
    ]
    told = "; ".join(text.format(", ".join(files)) for text, files in parts if files)
    if told:
        yield f"The course has changed: {told}."
    if report.behind:
        how = f"git show course:{report.behind[0]}" if report.repository else "course diff"
        yield f"Changed in the course since you began, yours kept: {', '.join(report.behind)}. See: {how}"


def position(workspace: Workspace, at: Step | None = None) -> str:
    """The bar, and the step that is next, or the one that the student is at."""
    bar = workspace.state.bar(workspace.learning)
    current = workspace.state.current(workspace.learning)
    step = at or current
    if step is None and workspace.is_done:
        return f"{bar}. All of stage {workspace.stage.id} is done."
    if step is None:
        return f"{bar}. The stage is done once its whole suite passes: course check {workspace.stage.id}"
    next_step = f"{step.id}, {step.title} (lesson, section {step.section}; {', '.join(step.files)})"
    return f"{bar}. {_what_it_is(workspace, step)}: {next_step}\nRead: {to_read(workspace, step)}"


def _what_it_is(workspace: Workspace, step: Step) -> str:
    """Whether a step is the one to go on with."""
    steps, state = workspace.learning.steps, workspace.state
    if step != state.current(workspace.learning):
        return "This is"
    goes_back = any(state.of(later).passed for later in steps[steps.index(step) + 1 :])
    return "Open, before steps that are done" if goes_back else "Next"


def to_read(workspace: Workspace, step: Step) -> str:
    """Where the lesson teaches a step: an address, while `course learn` serves it, or a page's path.

    Pages without a step, between it and the step before, come first.
    """
    pages, steps = lessons.pages(workspace.stage), workspace.learning.steps
    page, heading = lessons.where(step.id, step.section, among=pages)
    before = steps[steps.index(step) - 1] if step != steps[0] else step
    last, _ = lessons.where(before.id, before.section, among=pages)
    between = pages[pages.index(last) + 1 : pages.index(page)]
    first = f"{place(between[0], between[0].title)}, and on to " if between else ""
    return first + place(page, heading)


def hints(workspace: Workspace, step: Step, count: int) -> str:
    """The hints that a student has seen, and what is left."""
    lines = [f"Step {step.id}, {step.title}"]
    lines += [f"{number}. {hint}" for number, hint in enumerate(step.hints[:count], start=1)]
    if count == len(step.hints):
        lines.append(f"That was the last hint. What remains is: course solution {step.id}")
    lines.append(f"Read: {to_read(workspace, step)}")
    return "\n".join(lines)


def show_verdict(verdict: Verdict, *, explained: bool = True) -> None:
    """One sentence, and below it, if it is wanted, the lines that explain it."""
    console.print(Text(_wrapped(verdict.sentence), style="bold green" if verdict.passed else "bold red"))
    for line in verdict.lines if explained else ():
        show(line)


def show_verdicts(verdicts: Sequence[Verdict]) -> None:
    """What came of several steps: the first that is not done is explained, and the others are named."""
    failed = [verdict for verdict in verdicts if not verdict.passed]
    passed = [verdict for verdict in verdicts if verdict.passed]
    if failed and len(passed) > PASSED_SHOWN:
        show(f"{len(passed)} steps are done: {passed[0].step_id} to {passed[-1].step_id}.")
    else:
        for verdict in passed:
            show_verdict(verdict)
    for verdict in failed[:1]:
        show_verdict(verdict)
    if len(failed) > 1:
        show(f"Not done either: {', '.join(verdict.step_id for verdict in failed[1:])}.")
    if together := max((verdict.together for verdict in verdicts), default=0.0):
        show(f"Their tests took {together:.1f} s in all.")


def show_graded(graded: Sequence[Graded], *, saw: bool = False) -> None:
    """Which bugs are caught, by which test and, if asked for, what it saw, and a nudge for each that is not."""
    width = max((len(each.bug.id) for each in graded), default=0)
    show(f"{'bug':<{width}}          by the test, or what to try")
    for each in graded:
        mark, style = ("caught", "green") if each.caught else ("missed", "red")
        text = each.by if each.caught else each.by or each.bug.nudge
        line = Text(_wrapped(f"{each.bug.id:<{width}}  {mark}  {text}"))  # a test's name stays whole, to be copied
        line.stylize(style, width + 2, width + 2 + len(mark))
        console.print(line)
        if saw and each.saw:
            show(f"{'':<{width}}  saw     {each.saw}")
    console.print(f"Bugs caught: {sum(each.caught for each in graded)} of {len(graded)}.")


def show_solution(workspace: Workspace, step: Step) -> None:
    """The reference's code of a step."""
    from course.machine.material.subtract import definition_text
    from course.machine.material.workspace import read_source

    for name in step.empty:
        source = read_source(workspace.stage.folder / name.file)
        text = definition_text(source, name.qualname) if name.qualname else source
        console.print(f"# {name.file}", style="dim")
        console.print(Syntax(text.rstrip(), "python", theme="ansi_dark", background_color="default"))


def show_changes(changes: Sequence[Change], *, stat: bool) -> None:
    """Which files differ, and (without `stat`) how."""
    if not changes:
        show("Nothing is different.")
        return
    for change in changes:
        counts = f"[green]+{change.added}[/] [red]-{change.removed}[/]"
        console.print(f"[bold]{escape(change.title)}[/]  {counts}")
    if stat:
        return
    for change in changes:
        console.print(f"\n[bold]{escape(change.title)}[/]")
        for line in _coloured(change):
            console.print(line)


def _coloured(change: Change) -> Iterator[Text]:
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for line in change.lines:
        yield Text(line, style=styles.get(line[:1], ""))
