"""A stage's learning data: its steps (`steps.toml`) and its bugs (`bugs.toml`), read and checked."""

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from course.errors import CourseError
from course.machine.material.lessons import FOLDER

HINTS_PER_STEP = 3  # a nudge, the idea, what the body does in words
TEACHING_FILES = ("README.md", "steps.toml", "bugs.toml")  # in the stage's folder, but not of the app
VARIANTS = "variants/"  # right and wrong solutions of the steps, by which the steps' tests are judged
BEFORE = "before/"  # what is handed out in place of an emptied file: code that works, and is to be refactored
TEACHING_FOLDERS = (FOLDER, VARIANTS, BEFORE)

T = TypeVar("T")
Entry = TypeVar("Entry", "Step", "Bug")


def is_teaching(file: str) -> bool:
    """Is a file of a stage's folder there to teach, and not part of the app?"""
    return file in TEACHING_FILES or file.startswith(TEACHING_FOLDERS)


@dataclass(frozen=True)
class Name:
    """One thing that a step empties: a function, method or class, or (without `qualname`) a whole file."""

    file: str
    qualname: str | None

    def __str__(self) -> str:
        return f"{self.file}:{self.qualname}" if self.qualname else self.file

    @classmethod
    def parse(cls, text: str) -> "Name":
        file, _, qualname = text.partition(":")
        return cls(file, qualname or None)


@dataclass(frozen=True)
class Example:
    """A call, or a request, and what comes of it: one line of a task."""

    call: str
    result: str
    unproved: str = ""  # why the proof of the steps does not try it

    @property
    def is_request(self) -> bool:
        """Whether it is sent over HTTP, and not called."""
        return self.call.partition(" ")[0] in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Step:
    """What a student writes in one go, and the tests that say when it is done."""

    id: str
    section: str
    title: str
    empty: tuple[Name, ...]
    hints: tuple[str, ...]
    tests: tuple[str, ...] = ()
    catches: tuple[str, ...] = ()  # bugs that the student's own tests must catch; instead of `tests`
    minutes: int | None = None
    task: str = ""  # what signature and docstring do not say, and a client relies on
    examples: tuple[Example, ...] = ()
    texts: tuple[str, ...] = ()  # that clients rely on, to the letter
    why: str = ""  # why one solution is as it is, and where other right ones differ
    keep: tuple[str, ...] | None = None  # what stays of a whole file that can be imported while it is empty
    drafted: bool = False  # its file is not handed out: a command drafts it
    refactors: bool = False  # its files are handed out as they stand in `before/`

    @property
    def marker(self) -> str:
        """What an emptied body raises as NotImplementedError."""
        return f"step {self.id}: {self.title}"

    @property
    def files(self) -> tuple[str, ...]:
        """The files that the step works in, in its own order."""
        return tuple(dict.fromkeys(name.file for name in self.empty))


@dataclass(frozen=True)
class Substitution:
    """A text that stands exactly once in a file, and what a bug puts in its place."""

    file: str
    find: str
    replace: str


@dataclass(frozen=True)
class Bug:
    """A fault that a real backend has had, small enough to be put into the stage by replacing text."""

    id: str
    title: str
    source: str
    nudge: str
    substitutions: tuple[Substitution, ...]
    caught_by: tuple[str, ...] = ()  # tests of the stage that catch it, for those who need not run all of them


@dataclass(frozen=True)
class Learning:
    """All learning data of one stage."""

    steps: tuple[Step, ...]
    bugs: tuple[Bug, ...]
    not_taught: dict[str, str]  # file or glob -> the reason why the lesson does not show it
    without_variants: tuple[str, ...] = ()  # steps, by id, whose variants are still to be written

    def step(self, step_id: str) -> Step:
        """The step with this id."""
        return _by_id("step", self.steps, step_id)

    def bug(self, bug_id: str) -> Bug:
        """The bug with this id."""
        return _by_id("bug", self.bugs, bug_id)


def load(folder: Path) -> Learning:
    """Read a stage's steps.toml and bugs.toml. Raises CourseError, naming the entry, if one is not as it has to be."""
    steps_table = _read(folder / "steps.toml")
    bugs_table = _read(folder / "bugs.toml")
    steps = _entries("steps.toml", "step", steps_table, _step)
    bugs = _entries("bugs.toml", "bug", bugs_table, _bug)
    _unique("steps.toml", "step", [step.id for step in steps])
    _unique("steps.toml", "name", [str(name) for step in steps for name in step.empty])
    _unique("bugs.toml", "bug", [bug.id for bug in bugs])
    known = {bug.id for bug in bugs}
    for step in steps:
        if unknown := [bug for bug in step.catches if bug not in known]:
            raise CourseError(f"steps.toml: step {step.id} is to catch {unknown[0]}, which is no bug of bugs.toml.")
    _whole_or_in_parts(steps)
    begun = {path.relative_to(folder / BEFORE).as_posix() for path in (folder / BEFORE).rglob("*.py")}
    if nobodys := begun - {file for step in steps for file in step.files}:
        raise CourseError(f"steps.toml has no step for {BEFORE}{min(nobodys)}.")
    steps = tuple(replace(step, refactors=not begun.isdisjoint(step.files)) for step in steps)
    without_variants = tuple(steps_table.get("without_variants", ()))
    return Learning(steps, bugs, dict(steps_table.get("not_taught", {})), without_variants)


def _whole_or_in_parts(steps: Sequence[Step]) -> None:
    """Raise CourseError for a file that one step empties whole, and another one in parts."""
    names = [(step, name) for step in steps for name in step.empty]
    whole = {name.file for _, name in names if name.qualname is None}
    for step, name in names:
        if name.qualname and name.file in whole:
            raise CourseError(f"steps.toml: step {step.id} empties a part of {name.file}, which is emptied whole.")


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        raise CourseError(f"{path.name} is not valid TOML: {error}.") from error


def _entries(file: str, kind: str, table: dict[str, Any], make: Callable[[dict[str, Any]], T]) -> tuple[T, ...]:
    made = []
    for number, entry in enumerate(table.get(kind, []), start=1):
        where = f"{file}: {kind} {entry.get('id', f'number {number}')}"
        try:
            made.append(make(entry))
        except KeyError as error:
            raise CourseError(f"{where} has no {error.args[0]}.") from error
        except ValueError as error:
            raise CourseError(f"{where} {error}.") from error
        except TypeError as error:
            raise CourseError(f"{where} has an entry that is not as it has to be: {error}.") from error
    return tuple(made)


def _step(entry: dict[str, Any]) -> Step:
    step = Step(
        id=entry["id"],
        section=entry["section"],
        title=entry["title"],
        empty=tuple(Name.parse(text) for text in entry["empty"]),
        hints=tuple(hint.strip() for hint in entry["hints"]),
        tests=tuple(entry.get("tests", ())),
        catches=tuple(entry.get("catches", ())),
        minutes=entry.get("minutes"),
        task=entry.get("task", "").strip(),
        examples=tuple(Example(**example) for example in entry.get("examples", ())),
        texts=tuple(entry.get("texts", ())),
        why=entry.get("why", "").strip(),
        keep=tuple(entry["keep"]) if "keep" in entry else None,
        drafted=entry.get("drafted", False),
    )
    if len(step.hints) != HINTS_PER_STEP or not all(step.hints):
        raise ValueError(f"needs exactly {HINTS_PER_STEP} hints, none of them empty")
    if not step.empty:
        raise ValueError("empties nothing")
    if bool(step.tests) == bool(step.catches):
        raise ValueError("needs either tests or bugs to catch")
    if step.keep is not None and sum(not name.qualname for name in step.empty) != 1:
        raise ValueError("keeps parts of a file, and does not empty one whole file")
    if step.drafted and any(name.qualname for name in step.empty):
        raise ValueError("is drafted by a command, and does not empty whole files")
    return step


def _bug(entry: dict[str, Any]) -> Bug:
    places = (entry, *entry.get("also", ()))
    substitutions = tuple(
        Substitution(place["file"], _block(place["find"]), _block(place["replace"])) for place in places
    )
    caught_by = tuple(entry.get("caught_by", ()))
    return Bug(entry["id"], entry["title"], entry["from"], entry["nudge"].strip(), substitutions, caught_by)


def _block(text: str) -> str:
    """A multi-line TOML string without the newlines that only set it apart from its quotes."""
    return text.removeprefix("\n").removesuffix("\n")


def _by_id(kind: str, entries: tuple[Entry, ...], wanted: str) -> Entry:
    for entry in entries:
        if entry.id == wanted:
            return entry
    ids = ", ".join(entry.id for entry in entries) or "none"
    raise CourseError(f"There is no {kind} {wanted}; there are: {ids}.")


def _unique(file: str, kind: str, ids: list[str]) -> None:
    for each in ids:
        if ids.count(each) > 1:
            raise CourseError(f"{file}: {kind} {each} stands there twice.")
