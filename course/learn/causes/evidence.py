"""A failed test, the code that it concerns, and what such code is asked."""

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OTHER_SUCCESS = r"status_code` was 2\d\d, not 2\d\d"  # it is about the status, and not about what was kept
MANY = 3  # of requests at once, or of calls: two may be so by accident
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Place:
    """A line of a file, and the function that it stands in."""

    file: Path
    line: int
    name: str = ""


@dataclass(frozen=True)
class Written:
    """One definition of a step: the student's, and the finished one."""

    file: Path
    node: ast.AST
    finished: ast.AST

    def at(self, node: ast.AST) -> Place:
        return Place(self.file, getattr(node, "lineno", 1), getattr(self.node, "name", ""))

    @property
    def is_other_kind(self) -> bool:
        """Is it a coroutine, a function or a generator, where the finished one is another of these?"""
        return kind_of(self.node) != kind_of(self.finished)


@dataclass(frozen=True)
class Failure:
    """A test that failed, and the code that it concerns."""

    text: str  # the exception, or else what happened
    place: Place | None  # the last line of the student's that the exception went through
    written: Sequence[Written]  # what has run, where that is known
    line: str = ""  # the text of that line
    asked: str = ""  # the text of the test's last line
    test: str = ""  # the text of the whole test
    source: str = ""  # of that file
    finished: str = ""  # of the same file
    values: Sequence[str] = ()  # expected and seen
    raised_in: Sequence[str] = ()  # the functions of one's own that the exception went through, the last one last
    is_ours: bool = False  # was it raised in such a function itself, and not in a library?
    facts: dict[str, Any] = field(default_factory=dict)

    def has_run(self, written: Written, node: ast.AST) -> bool:
        """Has a line of this node run in the test?"""
        return ran(self.facts, written.file, node)

    def nodes_run(self, *kinds: type[ast.AST]) -> Iterator[tuple[Written, Any]]:
        """The nodes of some kinds that have run in the test, each with the definition that it is in."""
        for written in self.written:
            for node in nodes(written.node, *kinds):
                if self.has_run(written, node):
                    yield written, node


@dataclass(frozen=True)
class Found:
    """Where a mistake is, and the words for its sentence."""

    place: Place | None = None
    words: dict[str, str] = field(default_factory=dict)


Finder = Callable[[Failure], Found | None]


def ran(facts: dict[str, Any], file: Path, node: ast.AST) -> bool:
    """Has a line of this node run: of its body, if it has one? So it is taken, too, if nothing is known."""
    body = getattr(node, "body", None)
    first: Any = body[0] if isinstance(body, list) and body else node
    lines = lines_run(facts, file)
    return lines is None or any(first.lineno <= line <= getattr(node, "end_lineno", 0) for line in lines)


def lines_run(facts: dict[str, Any], file: Path) -> Sequence[int] | None:
    """The lines of a file that have run in the test, the first one first; None if nothing is known."""
    if "ran" not in facts:
        return None
    return next((lines for name, lines in facts["ran"].items() if file.as_posix().endswith(f"/{name}")), [])


def kind_of(node: ast.AST) -> tuple[type[ast.AST], bool]:
    return type(node), any(nodes(node, ast.Yield, ast.YieldFrom, nested=False))


def parsed(source: str) -> ast.Module:
    """A file's tree; an empty one, if Python can't read it."""
    try:
        return ast.parse(source.removeprefix("\ufeff"))
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def nodes(node: ast.AST, *kinds: type[ast.AST], nested: bool = True) -> Iterator[Any]:
    """The nodes of some kinds in a definition, in their order; without those of functions inside it if not `nested`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, kinds):
            yield child
        if nested or not isinstance(child, (*FUNCTIONS, ast.Lambda)):
            yield from nodes(child, *kinds, nested=nested)


def calls(node: ast.AST, *, nested: bool = True) -> list[ast.Call]:
    return list(nodes(node, ast.Call, nested=nested))


def called(call: ast.Call) -> str:
    """What is called, as it is written: `session.commit`."""
    return ast.unparse(call.func)


def methods(node: ast.AST) -> set[str]:
    """The names of the methods that a definition's body calls."""
    inside = [call for statement in getattr(node, "body", ()) for call in calls(ast.Module([statement], []))]
    return {call.func.attr for call in inside if isinstance(call.func, ast.Attribute)}


def without_docstrings(node: ast.AST) -> ast.AST:
    """A definition without what is handed out with it, which names the very things that its code may lack."""
    copy = deepcopy(node)
    for each in ast.walk(copy):
        if isinstance(each, (*FUNCTIONS, ast.ClassDef, ast.Module)) and ast.get_docstring(each) is not None:
            del each.body[0]
    return copy


def code_of(node: ast.AST) -> str:
    """The text of a definition, without docstrings and comments."""
    return ast.unparse(without_docstrings(node))


def tree_of(file: Path) -> ast.Module:
    return parsed(file.read_text(encoding="utf-8", errors="replace") if file.is_file() else "")


def name_of(written: Written) -> str:
    return getattr(written.node, "name", "it")


def line_has(text: str) -> Finder:
    """A finder of a text in the line that was last on."""

    def find(failure: Failure) -> Found | None:
        return Found(None) if text in failure.line else None

    return find


def own_test_asks(failure: Failure) -> Found | None:
    """A line of the student's own test that sends a request."""
    return Found() if not failure.written and re.search(r"client\.\w+\(", failure.line) else None


def raised_in_the_app(failure: Failure) -> Found | None:
    """It was raised by a line of the student's itself."""
    return Found(None) if failure.place and failure.is_ours else None


def in_the_app(failure: Failure) -> Found | None:
    return Found(None) if failure.place else None


def is_of_the_app(name: str, file: Path) -> bool:
    """Is this name imported from a file of the app, or defined beside it?"""
    for each in nodes(tree_of(file), ast.ImportFrom, *FUNCTIONS, ast.ClassDef):
        if not isinstance(each, ast.ImportFrom):
            if each.name == name:
                return True
        elif name in [alias.asname or alias.name for alias in each.names]:
            path = Path(*(each.module or "").split("."))
            return any((folder / path).with_suffix(".py").is_file() for folder in file.parents[:4])
    return False
