"""`course test`: the sessions of the noxfile, chosen by a stage's id or by their own names."""

import json
import os
import sys
import time
from difflib import get_close_matches
from pathlib import Path

from course.checks.failure_summary import Recap
from course.errors import UsageError
from course.machine import embedded, ladder, processes
from course.machine.sessions import NOX, Session, sessions
from course.paths import ROOT, home


def select(names: list[str], known: list[Session]) -> list[Session]:
    """The sessions that are meant, in the noxfile's order. Raises UsageError for a name that means none."""
    for name in names:
        if not any(name in each.known_as for each in known):
            raise UsageError(_unknown(name, known))
    return [each for each in known if each.known_as & set(names)]


def _unknown(name: str, known: list[Session]) -> str:
    stages = list(dict.fromkeys(each.stage_id for each in known if each.stage_id))
    names = list(dict.fromkeys(each.name for each in known))
    close = get_close_matches(name, [*stages, *names, *(each.full_name for each in known)], n=1)
    hint = f" (did you mean {close[0]}?)" if close else ""
    return f"There is no stage or session {name!r}{hint}. Stages: {', '.join(stages)}. Sessions: {', '.join(names)}."


def show_names() -> None:
    """Print what `course test` can be told to run."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("session", style="bold")
    table.add_column("by default")
    table.add_column("what it does")
    default = sessions(default=True)
    for each in sessions():
        table.add_row(each.full_name, "yes" if each in default else "", each.description)
    Console().print(table)


def run(names: list[str]) -> int:
    """Run the named sessions, or the default ones, and return the exit code: 0 only if every one passed."""
    chosen = select(names, sessions()) if names else []
    report = home() / f"test-report-{os.getpid()}.json"
    command = [*NOX, "--report", str(report), *(["--session", *(each.full_name for each in chosen)] if chosen else [])]
    # On a terminal the sessions have it to themselves; in a log what failed is said once more at the end.
    recap = None if sys.stdout.isatty() or sys.stderr.isatty() else Recap()
    read = recap.read if recap else None
    started = time.monotonic()
    try:
        if chosen and not any(each.needs_postgres for each in chosen):
            returncode = processes.run(command, env=os.environ, cwd=ROOT, read=read)
        else:
            # One server for all sessions, which saves each of them the start of a container.
            with ladder.server() as found:
                ladder.to_stderr(f"PostgreSQL: {found.rung}")
                returncode = ladder.run_with_database(command, found, cwd=ROOT, read=read)
        _summarise(report, time.monotonic() - started, recap)
        return returncode
    finally:
        report.unlink(missing_ok=True)
        embedded.stop_if_unused()  # after Ctrl-C nox kills what ends too slowly for it, clean-up and all


def _summarise(report: Path, seconds: float, recap: Recap | None) -> None:
    """Say at the end, in one line, what passed and what to run again, after the last lines of what failed."""
    if not report.exists():
        return
    results: dict[str, list[str]] = {}
    for entry in json.loads(report.read_text(encoding="utf-8"))["sessions"]:
        results.setdefault(entry["result"], []).append((entry["signatures"] or [entry["name"]])[0])
    passed, other = results.pop("success", []), results
    if recap:
        for name in results.get("failed", []):
            recap.tell(name)
    line = f"{len(passed)} session{'' if len(passed) == 1 else 's'} passed in {seconds:.0f} s"
    for result, sessions_of_it in other.items():
        line += f"; {result}: {', '.join(sessions_of_it)}"
    ladder.to_stderr(f"\n{line}.")
    if bad := [name for names in other.values() for name in names]:
        ladder.to_stderr(f'One of them again: python3 -m course test "{bad[0]}"')
