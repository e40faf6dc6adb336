"""What the rehearsal tells: each phase as it happens, and a table at the end."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from course.deploy.rehearsal.load import Counts, Public
from course.deploy.verify.report import lesson_file

NAME_WIDTH = 14
# By phase, the section of the lessons that explains what it needs of an app.
SECTIONS = {
    "Build": "6.4.1",
    "Pre-deploy": "6.4.6",
    "Health check": "6.4.4",
    "Draining": "6.4.2",
    "WebSockets": "6.2.8",
    "Reading back": "6.3.4",
}
TWO_VERSIONS = "6.4.6"  # where it went well and requests failed, the two did not live together


@dataclass
class Phase:
    """A part of a deployment, how long it took, and what the public met meanwhile."""

    act: str
    name: str
    began: float = field(default_factory=time.time)
    note: str = ""
    seconds: float = 0.0
    requests: int = 0
    failed: int = 0
    ok: bool = True


class Show:
    """Writes to the terminal, or plain lines where there is none."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.phases: list[Phase] = []
        self.problems: list[str] = []
        self.not_run: list[str] = []
        self.figures: list[tuple[str, float]] = []
        self.counts: Counts | None = None  # the public's, once it is there
        self._console = Console(highlight=False, soft_wrap=True, quiet=quiet)
        self._status = self._console.status("")
        self._act = ""
        self._doing = ""

    def act(self, title: str, more: str = "") -> None:
        """A new deployment begins."""
        self._act = title
        self._console.print(f"\n[bold]{escape(title)}[/bold]{': ' * bool(more)}{escape(more)}")

    @contextmanager
    def phase(self, name: str) -> Iterator[Phase]:
        """Show one phase, from its begin to its end. If the block raises, the phase has failed."""
        phase = Phase(self._act, name)
        requests, failed = self._met()
        began = time.monotonic()
        self._status.start()
        self.tick(f"{name} ...")
        try:
            yield phase
        except BaseException:
            phase.ok = False
            raise
        finally:
            self._status.stop()
            phase.seconds = time.monotonic() - began
            phase.requests, phase.failed = (
                now - before for now, before in zip(self._met(), (requests, failed), strict=True)
            )
            self.phases.append(phase)
            mark = "[green]✓[/green]" if phase.ok else "[red]✗[/red]"
            self._console.print(f"  {mark} {name:<{NAME_WIDTH}} {phase.seconds:6.1f} s  {escape(phase.note)}")

    async def watchers_are_told(self, public: Public, *, after: str) -> None:
        """Show that all watchers, if there are any, are told of a comment; it is a problem if some are not."""
        if not public.watchers:
            return
        with self.phase("WebSockets") as phase:
            phase.note = f"{public.watchers} reconnected, and told of a comment"
            if deaf := await public.deaf_watchers():
                phase.note = f"{deaf} of {public.watchers} were told of no new comment"
                self.problem(f"{phase.note} after {after}")

    def tick(self, text: str = "") -> None:
        """Say what is going on at this moment, where the terminal can take it back. Without text: still the same."""
        self._doing = text = text or self._doing
        requests, failed = self._met()
        public = f" ({requests:,} requests, failed: {failed})" if self.counts else ""
        self._status.update(escape(f"{text[:90]}{public}"))

    def say(self, text: str) -> None:
        self._console.print(escape(text))

    def quote(self, lines: list[str]) -> None:
        """Show the end of a log."""
        for line in lines:
            self._console.print(f"      [dim]{escape(line)}[/dim]")

    def lesson(self, section: str) -> None:
        self.say(f"  Lesson: section {section}, in {lesson_file(section)}.")

    def problem(self, text: str) -> None:
        """Note something that must not happen."""
        self.problems.append(text)

    def figure(self, name: str, seconds: float) -> None:
        """Note a figure that the table is to end with."""
        self.figures.append((name, seconds))

    def table(self) -> None:
        """Show all phases at once."""
        table = Table(title="The rehearsal", title_justify="left")
        for heading, justify in (("phase", "left"), ("seconds", "right"), ("requests", "right"), ("failed", "right")):
            table.add_column(heading, justify=justify)  # type: ignore[arg-type]
        act = ""
        for phase in self.phases:
            if phase.act != act:
                act = phase.act
                table.add_row(f"[bold]{escape(act)}[/bold]", "", "", "")
            name = f"  {phase.name}" if phase.ok else f"  [red]{phase.name}: refused[/red]"
            table.add_row(name, f"{phase.seconds:.1f}", f"{phase.requests:,}", str(phase.failed))
        requests, failed = self._met()
        table.add_section()
        table.add_row("all", f"{sum(each.seconds for each in self.phases):.1f}", f"{requests:,}", str(failed))
        for name, seconds in self.figures:
            table.add_row(f"[bold]{escape(name)}[/bold]", f"{seconds:.1f}", "", "")
        self._console.print()
        self._console.print(table)
        if failed_phases := [each for each in self.phases if not each.ok or each.failed]:
            self.say(f"Phases that did not go well: {len(failed_phases)} of {len(self.phases)}.")
        for phase in failed_phases:
            why = "refused" if not phase.ok else f"{phase.failed} of {phase.requests} requests failed"
            section = TWO_VERSIONS if phase.ok else SECTIONS.get(phase.name, "6.4.5")
            where = f"lesson {section}, in {lesson_file(section)}"
            self.say(f"  {phase.name} ({phase.act}): {why}; {where}")

    def _met(self) -> tuple[int, int]:
        return (self.counts.requests, self.counts.failed) if self.counts else (0, 0)
