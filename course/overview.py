"""`course` alone: the stages, what each teaches, and what to type next."""

from rich.console import Console
from rich.table import Table

from course.stages import CAPSTONE, STAGES


def show() -> None:
    """Print the stages and the commands to begin with."""
    console = Console()
    table = Table(box=None, padding=(0, 2, 0, 0), title="The stages", title_justify="left", title_style="bold")
    table.add_column("id", style="bold")
    table.add_column("stage")
    table.add_column("what it teaches")
    for stage in STAGES:
        table.add_row(stage.id, stage.title, stage.teaches)
    console.print(table)
    console.print()
    commands = Table.grid(padding=(0, 2, 0, 0))
    commands.add_row("course run", f"serve stage {CAPSTONE.id}, the finished app, on this machine")
    commands.add_row("course test", "run every check")
    commands.add_row("course doctor", "see what is missing on this machine")
    commands.add_row("course --help", "all commands")
    console.print(commands)
    console.print("\nOutside the course's environment, write [bold]python3 -m course[/] for [bold]course[/].")
