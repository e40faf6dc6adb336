"""`course` alone: the stages, what each teaches, how far you are in each, and what to type next."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from course.errors import CourseError
from course.machine.material.workspace import Workspace, current_stage
from course.stages import CAPSTONE, STAGES


def show() -> None:
    """Print the stages, the next thing to do, and the commands to begin with."""
    console = Console()
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("", "stage", "what it teaches"):
        table.add_column(heading)
    table.add_column("you", no_wrap=True)
    for stage in STAGES:
        table.add_row(Text(stage.id, style="bold"), stage.title, stage.teaches, _progress(Workspace(stage)))
    console.print(table)
    console.print()
    if next_step := _next():
        console.print(next_step, markup=False, highlight=False)
        console.print()
    commands = Table.grid(padding=(0, 2, 0, 0))
    commands.add_row("course run", f"serve stage {CAPSTONE.id}, the finished app, on this machine")
    commands.add_row("course learn", "read the lessons in your browser")
    commands.add_row(f"course start {STAGES[0].id}", "write a stage yourself, step by step, and have each step checked")
    commands.add_row("course test", "run the checks that take minutes; --all runs every one")
    commands.add_row("course doctor", "see what is missing on this machine")
    commands.add_row("course --help", "all commands")
    console.print(commands)
    console.print("\nOutside the environment .venv, write [bold]python3 -m course[/] (Windows: [bold]py -m course[/]).")


def _progress(workspace: Workspace) -> str:
    """How far the student's own copy of a stage is, if there is one."""
    if not workspace.folder.is_dir():
        return ""
    learning, state = workspace.learning, workspace.state
    steps = f"{len(state.passed(learning))} of {len(learning.steps)} steps"
    caught = state.bugs_caught(learning)
    bugs = f", {len(caught)} of {len(learning.bugs)} bugs caught" if caught else ""
    return f"{steps}{bugs}{', done' if workspace.is_done else ''}"


def _next() -> str:
    """What to type next: the step that the student is at, the end of the stage, or the next stage."""
    try:
        stage = current_stage()
    except CourseError:
        return f"You have not begun yet. Next: course start {STAGES[0].id}"
    workspace = Workspace(stage)
    if not workspace.folder.is_dir():
        return f"Next: course start {stage.id}"
    if step := workspace.state.current(workspace.learning):
        return f"You are at step {step.id} of stage {stage.id}: {step.title}. Next: course check --watch"
    if not workspace.is_done:
        return f"All steps of stage {stage.id} are written. Next, its whole suite: course check {stage.id}"
    after = STAGES[STAGES.index(stage) + 1 :]
    return f"Stage {stage.id} is done. Next: course {f'start {after[0].id}' if after else 'eject'}"
