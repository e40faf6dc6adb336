"""What came of the asking, for a person and for CI: by cause, one diagnosis in place of its hundred symptoms."""

import json
import re
import tomllib
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from course.deploy.verify.doors import DOORS, Door, Tried
from course.machine.material.lessons import where

CASES_SHOWN = 3
SYMPTOM = re.compile(r"(?P<method>[A-Z]+) (?P<path>/\S*) (?:was )?answered (?P<status>\d{3})")


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

    @property
    def statuses(self) -> str:
        """Why its first case was broken, and the statuses that came before."""
        first = self.broken[0]
        return " ".join([first["why"], *(each["came"].partition(" ")[0] for each in first["exchanges"])])

    @property
    def symptom(self) -> str:
        """What others may have too, with no id in it: `GET /posts/{id} answered 500`. Empty if it is all its own."""
        found = SYMPTOM.match(self.broken[0]["why"])
        if not found:
            return ""
        path = re.sub(r"/\d+", "/{id}", found["path"].partition("?")[0])
        return f"{found['method']} {path} is answered {found['status']}"

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
class Cause:
    """Why promises are broken: a door that is open, or what several of them met."""

    sentence: str
    section: str  # of the lessons
    promises: list[Promise]  # that are broken because of it
    seen: str = ""
    fix: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "cause": self.sentence,
            "seen": self.seen,
            "fix": self.fix,
            "lesson": {"section": self.section, "file": lesson_file(self.section)},
            "promises": [each.test for each in self.promises],
        }


def causes(opened: dict[Door, str], broken: list[Promise]) -> list[Cause]:
    """The causes of all that is wrong, the one that explains most of it first. Each promise is counted under one."""
    found = []
    left = list(broken)
    for door, seen in opened.items():
        explained = [each for each in left if door.explains and re.search(rf"\b{door.explains}\b", each.statuses)]
        left = [each for each in left if each not in explained]
        found.append(Cause(f"Broken: {sentence(door.test)}", lesson(door.test), explained, seen, door.fix))
    symptoms: dict[str, list[Promise]] = {}
    for promise in left:
        symptoms.setdefault(promise.symptom or promise.test, []).append(promise)
    for symptom, promises in symptoms.items():
        [first, *others] = promises
        text = symptom if others else f"Broken: {first.sentence}"
        found.append(Cause(text, lesson(first.test), promises))
    return sorted(found, key=lambda each: -len(each.promises))


@dataclass
class Report:
    """All promises that were asked for at an address, and the doors that were tried."""

    url: str
    stage_id: str
    promises: list[Promise]
    not_asked: list[str]
    accounts: int  # that the asking made, and that stay: only the capstone has a way to delete one
    not_deleted: list[str]  # what else stays, and should not
    tried: Tried = field(default_factory=Tried)
    seconds: float = 0.0

    @property
    def broken(self) -> list[Promise]:
        return [each for each in self.promises if each.broken]

    @property
    def causes(self) -> list[Cause]:
        return causes({door: self.tried.open[door.test] for door in DOORS if door.test in self.tried.open}, self.broken)

    @classmethod
    def read(cls, record: Path, *, url: str, stage_id: str) -> "Report":
        """Read what the recorder has written."""
        first, *entries, last = (json.loads(line) for line in record.read_text(encoding="utf-8").splitlines())
        promises: dict[str, Promise] = {}
        for entry in entries:
            promise = promises.setdefault(entry["test"], Promise(entry["test"]))
            promise.cases += 1
            if not entry["kept"]:
                promise.broken.append(entry)
        return cls(url, stage_id, list(promises.values()), first["not_asked"], **last)

    def as_json(self) -> dict[str, Any]:
        return {
            "url": self.url,
            "stage": self.stage_id,
            "seconds": round(self.seconds, 1),
            "promises": len(self.promises),
            "kept": len(self.promises) - len(self.broken),
            "commit": self.tried.commit,
            "causes": [each.as_json() for each in self.causes],
            "broken": [each.as_json() for each in self.broken],
            "doors": {"locked": self.tried.locked, "open": list(self.tried.open)},
            "not_judged": self.tried.not_judged,
            "not_asked": [sentence(test) for test in self.not_asked],
            "accounts": self.accounts + self.tried.accounts,
            "not_deleted": self.not_deleted,
        }

    def show(self) -> None:
        """Print it for a person: how much was kept, and of each cause what was asked, what came and what to do."""
        console = Console(highlight=False, soft_wrap=True)
        table = Table(box=None, padding=(0, 2, 0, 0))
        for heading in ("about", "promises", "questions", "broken"):
            table.add_column(heading, justify="left" if heading == "about" else "right")
        for area in dict.fromkeys(each.area for each in self.promises):
            inside = [each for each in self.promises if each.area == area]
            broken = sum(bool(each.broken) for each in inside)
            table.add_row(area, str(len(inside)), str(sum(each.cases for each in inside)), _red(broken))
        if doors := len(self.tried.open) + len(self.tried.locked):
            table.add_row("doors", str(doors), str(doors), _red(len(self.tried.open)))
        console.print(table)
        for cause in self.causes:
            _show_cause(console, cause)
        if self.tried.not_judged:
            console.print("\nWhat could not be judged from here:")
            for test, text in self.tried.not_judged.items():
                console.print(f"  {escape(sentence(test))}? {escape(text)}.")
        if self.not_asked:
            console.print(
                "\nNot asked, since it takes the server's secret or its database, or would leave an account there:"
            )
            for test in self.not_asked:
                console.print(f"  {escape(sentence(test))}")
        stay = self.accounts + self.tried.accounts
        accounts = "1 account stays" if stay == 1 else f"{stay or 'No'} accounts stay"
        written = "" if self.not_deleted else ", and nothing that was written for this"
        console.print(f"\n{accounts} there{written}.")
        for warning in self.not_deleted:
            console.print(f"[red]{escape(warning)}.[/red]")
        asked = f"{self._asked()} of stage {self.stage_id} in {self.seconds:.0f} s"
        console.print(f"\n{escape(self.url)}: {asked}, {self._verdict()}.")
        commit = (
            f"This was commit {self.tried.commit}." if self.tried.commit else "The app does not say which commit it is."
        )
        console.print(escape(commit))

    def _asked(self) -> str:
        numbers = {"promise": len(self.promises), "door": len(self.tried.open) + len(self.tried.locked)}
        words = [f"{number} {what}{'s' * (number != 1)}" for what, number in numbers.items() if number]
        return " and ".join(words) or "nothing"

    def _verdict(self) -> str:
        found = {"broken": len(self.broken), "open doors": len(self.tried.open), "causes": len(self.causes)}
        return ", ".join(f"{what}: {number}" for what, number in found.items() if number) or "all kept"


def _red(number: int) -> str:
    return f"[red]{number}[/red]" if number else "0"


def _show_cause(console: Console, cause: Cause) -> None:
    if cause.seen or len(cause.promises) > 1:
        console.print(f"\n[red]{escape(cause.sentence)}[/red]")
        if cause.seen:
            console.print(f"  seen    {escape(cause.seen)}")
            console.print(f"  to do   {escape(cause.fix)}")
        console.print(f"  lesson  {cause.section}, in {lesson_file(cause.section)}")
        if cause.promises:
            first = ", ".join(each.sentence for each in cause.promises[:CASES_SHOWN])
            more = " ..." if len(cause.promises) > CASES_SHOWN else ""
            console.print(f"  broken with it: {len(cause.promises)}, as {escape(first)}{more}")
        if cause.seen:
            return
    _show_broken(console, cause.promises[0])


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


@cache
def lesson_file(section: str) -> str:
    """The page that a section stands on, from the repository's root."""
    return where(section)[0].path
