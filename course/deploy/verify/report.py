"""What came of the asking, for a person and for CI."""

import json
import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from course.stages import stage_by_id

CASES_SHOWN = 3
LESSONS = {"4": "04", "5.1": "05a", "5.2": "05a", "5.3": "05b", "6": "06"}  # a section's beginning, and its stage


@dataclass
class Promise:
    """One sentence of the contract, asked for in one case or in many."""

    test: str
    cases: int = 0
    broken: list[dict[str, Any]] = field(default_factory=list)  # as the recorder wrote them

    @property
    def sentence(self) -> str:
        return sentence(self.test)

    @property
    def area(self) -> str:
        """What the promise is about: `login limit`."""
        return self.test.partition(".py::")[0].removeprefix("test_").replace("_", " ")

    def as_json(self) -> dict[str, Any]:
        section = lesson(self.test)
        return {
            "promise": self.sentence,
            "test": self.test,
            "lesson": {"section": section, "file": lesson_file(section)},
            "cases": self.cases,
            "broken_cases": [each["case"] for each in self.broken],
            "why": self.broken[0]["why"],
            "exchanges": self.broken[0]["exchanges"],
        }


@dataclass
class Report:
    """All promises that were asked for at an address."""

    url: str
    stage_id: str
    seconds: float
    promises: list[Promise]
    not_asked: list[str]
    accounts: int  # that the asking made, and that stay: only the capstone has a way to delete one
    not_deleted: list[str]  # what else stays, and should not

    @property
    def broken(self) -> list[Promise]:
        return [each for each in self.promises if each.broken]

    @classmethod
    def read(cls, record: Path, *, url: str, stage_id: str, seconds: float) -> "Report":
        """Read what the recorder has written."""
        first, *entries, last = (json.loads(line) for line in record.read_text(encoding="utf-8").splitlines())
        promises: dict[str, Promise] = {}
        for entry in entries:
            promise = promises.setdefault(entry["test"], Promise(entry["test"]))
            promise.cases += 1
            if not entry["kept"]:
                promise.broken.append(entry)
        return cls(url, stage_id, seconds, list(promises.values()), first["not_asked"], **last)

    def as_json(self) -> dict[str, Any]:
        return {
            "url": self.url,
            "stage": self.stage_id,
            "seconds": round(self.seconds, 1),
            "promises": len(self.promises),
            "kept": len(self.promises) - len(self.broken),
            "broken": [each.as_json() for each in self.broken],
            "not_asked": [sentence(test) for test in self.not_asked],
            "accounts": self.accounts,
            "not_deleted": self.not_deleted,
        }

    def show(self) -> None:
        """Print it for a person: how much was kept, and of each broken promise what was asked and what came."""
        console = Console(highlight=False, soft_wrap=True)
        table = Table(box=None, padding=(0, 2, 0, 0))
        for heading in ("about", "promises", "questions", "broken"):
            table.add_column(heading, justify="left" if heading == "about" else "right")
        for area in dict.fromkeys(each.area for each in self.promises):
            inside = [each for each in self.promises if each.area == area]
            broken = sum(bool(each.broken) for each in inside)
            mark = f"[red]{broken}[/red]" if broken else "0"
            table.add_row(area, str(len(inside)), str(sum(each.cases for each in inside)), mark)
        console.print(table)
        for promise in self.broken:
            _show_broken(console, promise)
        if self.not_asked:
            console.print(
                "\nNot asked, since it takes the server's secret or its database, or would leave an account there:"
            )
            for test in self.not_asked:
                console.print(f"  {escape(sentence(test))}")
        accounts = "1 account stays" if self.accounts == 1 else f"{self.accounts or 'No'} accounts stay"
        written = "" if self.not_deleted else ", and nothing that was written for this"
        console.print(f"\n{accounts} there{written}.")
        for warning in self.not_deleted:
            console.print(f"[red]{escape(warning)}.[/red]")
        number = "1 promise" if len(self.promises) == 1 else f"{len(self.promises)} promises"
        asked = f"{number} of stage {self.stage_id} in {self.seconds:.0f} s"
        verdict = f"broken: {len(self.broken)}" if self.broken else "all kept"
        console.print(f"\n{escape(self.url)}: {asked}, {verdict}.")


def _show_broken(console: Console, promise: Promise) -> None:
    section = lesson(promise.test)
    first = promise.broken[0]
    console.print(f"\n[red]Broken:[/red] [bold]{escape(promise.sentence)}[/bold]")
    if first["case"]:
        cases = ", ".join(each["case"] for each in promise.broken[:CASES_SHOWN])
        more = " ..." if len(promise.broken) > CASES_SHOWN else ""
        console.print(f"  in {len(promise.broken)} of {promise.cases} cases: {escape(cases)}{more}")
    for exchange in first["exchanges"]:
        console.print(f"  asked   {escape(exchange['asked'])}")
        console.print(f"  came    {escape(exchange['came'])}")
    console.print(f"  but     {escape(first['why'])}")
    console.print(f"  lesson  {section}, in {lesson_file(section)}")


def sentence(test: str) -> str:
    """A test's name as the sentence that it is."""
    words = test.rpartition("::")[2].removeprefix("test_").replace("_", " ")
    return words[:1].upper() + words[1:]


@cache
def _lessons() -> list[tuple[str, str]]:
    entries = tomllib.loads((Path(__file__).parent / "lessons.toml").read_text(encoding="utf-8"))
    return list(entries.items())


def lesson(test: str) -> str:
    """The section of the lessons that explains what a test asks for."""
    return next(section for pattern, section in _lessons() if fnmatchcase(test, pattern))


def lesson_file(section: str) -> str:
    """The file that a section stands in, from the repository's root."""
    stage_id = next(stage_id for beginning, stage_id in LESSONS.items() if section.startswith(beginning))
    return f"{stage_by_id(stage_id).path}/README.md"
