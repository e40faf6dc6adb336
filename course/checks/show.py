"""What `course test` shows: a line for each session as it ends, what runs now, and at the end what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.live import Live
from rich.text import Text

from course.checks import failure_summary
from course.checks.durations import Durations
from course.checks.lanes import Ended, Lanes
from course.machine.sessions import Session
from course.paths import from_here

RULE = "-" * 30


def spoken(seconds: float) -> str:
    """A time as one says it: `41 s`, `about 4 min` is for the caller to say."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


@dataclass
class Show:
    """The progress of one run, and its result."""

    lanes: Lanes
    durations: Durations
    console: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=True))
    ended: list[Ended] = field(default_factory=list)
    live: Live | None = None

    def begin(self, chosen: list[Session]) -> None:
        """Say what is to come."""
        names = [each.full_name for each in chosen]
        took = spoken(self.durations.left({}, names, self.lanes.lanes))
        how_known = "by what they took last time" if self.durations.are_known(names) else "on two cores"
        lanes = f"{self.lanes.lanes} at a time, " if self.lanes.lanes > 1 else ""
        self._print(f"{len(names)} sessions, {lanes}about {took} {how_known}.")
        self._width = max(len(name) for name in names)
        self._total = len(names)

    @contextmanager
    def on_terminal(self) -> Iterator[None]:
        """Show what runs now, where there is a terminal that can take a line back."""
        if not self.console.is_terminal:
            yield
            return
        with Live(console=self.console, transient=True, auto_refresh=False) as self.live:
            yield
        self.live = None

    def tick(self) -> None:
        """Draw the line of what runs now anew."""
        if self.live:
            now = "   ".join(f"{name} {spoken(seconds)}" for name, seconds in self.lanes.running.items())
            self.live.update(Text(f"now: {now}   {self._left()}", style="dim", overflow="ellipsis"), refresh=True)

    def add(self, one: Ended) -> None:
        """Tell of a session that has ended, and at once why it failed."""
        self.ended.append(one)
        name = one.session.full_name.ljust(self._width)
        verdict = "passed" if one.passed else "FAILED"
        line = f"{len(self.ended):>2} of {self._total}  {name}  {verdict}  {one.seconds:4.0f} s   {self._left()}"
        self._print(line.rstrip(), style="" if one.passed else "bold red")
        if not one.passed:
            self._print(f"{RULE} the last lines of {one.session.full_name}")
            for each in failure_summary.last_lines(one.log):
                self._print(each)
            self._print(RULE)

    def conclude(self, seconds: float) -> None:
        """Say what could not run, what failed, where its log is, and how it is run again."""
        for one in self.ended:
            for reason in failure_summary.not_run(one.log):
                self._print(f"not run in {one.session.full_name}: {reason}")
        failed = [one for one in self.ended if not one.passed]
        for one in failed:
            name = one.session.full_name
            self._print(f'FAILED  {name.ljust(self._width)}  alone: python3 -m course test "{name}"', style="bold red")
            self._print(f"        {' ' * self._width}  log: {from_here(one.log)}")
        passed = len(self.ended) - len(failed)
        line = f"{passed} session{'' if passed == 1 else 's'} passed in {seconds:.0f} s"
        self._print(f"{line}; failed: {', '.join(one.session.full_name for one in failed)}." if failed else f"{line}.")

    def _left(self) -> str:
        if not self.lanes.waiting and not self.lanes.running:
            return ""
        left = self.durations.left(self.lanes.running, self.lanes.waiting, self.lanes.lanes)
        return f"about {spoken(left)} left"

    def _print(self, line: str, style: str = "") -> None:
        self.console.print(Text(line, style=style))
