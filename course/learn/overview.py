"""`course` alone: the stages, what each teaches, where you are, and what to type next."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from course.machine.material.workspace import Workspace
from course.stages import CAPSTONE, STAGES, Stage


def show() -> None:
    """Print the stages and the commands to begin with."""
    console = Console()
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("", "stage", "what it teaches", "you"):
        table.add_column(heading)
    for stage in STAGES:
        table.add_row(Text(stage.id, style="bold"), stage.title, stage.teaches, Text(_progress(stage), no_wrap=True))
    console.print(table)
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


def _progress(stage: Stage) -> str:
    """How far the student's own copy of the stage is, if there is one."""
    workspace = Workspace(stage)
    if not workspace.folder.is_dir():
        return ""
    return f"{len(workspace.state.passed(workspace.learning))} of {len(workspace.learning.steps)} steps"
