"""Exceptions: which a student's code raises, catches, and swallows."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from course.learn.causes.evidence import (
    FUNCTIONS,
    Failure,
    Found,
    Place,
    Written,
    called,
    calls,
    is_of_the_app,
    nodes,
    tree_of,
)

EVERY = {"BaseException", "Exception"}


def raised_names(written: Written) -> set[str]:
    """The exceptions that the finished definition raises, by their names."""
    names = set()
    for each in nodes(written.finished, ast.Raise):
        if each.exc is not None:
            names.add(ast.unparse(each.exc.func if isinstance(each.exc, ast.Call) else each.exc))
    return names


def _is_exception(node: ast.AST | None, written: Written) -> bool:
    if not isinstance(node, ast.Call):
        return False
    name = called(node)
    return name.endswith(("Error", "Exception")) or (name in raised_names(written) and name[:1].isupper())


def returned_exception(failure: Failure) -> Found | None:
    """An exception that a function returns, and that no `raise` of the file gets by calling it."""
    for written in failure.written:
        raised = [each.exc for each in nodes(tree_of(written.file), ast.Raise) if isinstance(each.exc, ast.Call)]
        makers = {called(call).rpartition(".")[2] for call in raised}
        for function in nodes(ast.Module([written.node], []), *FUNCTIONS):  # type: ignore[list-item]
            for each in nodes(function, ast.Return, nested=False) if function.name not in makers else ():
                if _is_exception(each.value, written) and failure.has_run(written, each):
                    return Found(written.at(each), {"name": called(each.value)})
    return None


def unraised_exception(failure: Failure) -> Found | None:
    for written, each in failure.nodes_run(ast.Expr):
        if _is_exception(each.value, written):
            return Found(written.at(each), {"name": called(each.value)})
    return None


def swallowed_exception(failure: Failure) -> Found | None:
    """An `except` that has run and does nothing, of what the finished definition does not catch and leave at that."""
    for written in failure.written:
        asked_for = [_caught(each) for each in nodes(written.finished, ast.ExceptHandler) if _goes_on(each)]
        wanted = set[str]().union(*asked_for)
        for each in filter(_does_nothing, nodes(written.node, ast.ExceptHandler)):
            if any(wanted & set(raised["kinds"]) for raised in _ended(failure, written, each)):
                continue  # the finished one ends this exception, too
            if failure.has_run(written, each) and not any(_caught(each) <= names for names in asked_for):
                return Found(written.at(each), {"what": _head(each)})
    return None


def ended_in_a_generator(failure: Failure) -> Found | None:
    """An `except` around a generator's `yield` that has run, and neither raises nor yields."""
    for written in failure.written:
        for each in nodes(written.node, ast.Try, nested=False):
            if any(nodes(ast.Module(each.body, []), ast.Yield, nested=False)):
                for handler in filter(_goes_on, each.handlers):
                    if failure.has_run(written, handler):
                        return Found(written.at(handler), {"what": _head(handler)})
    return None


def _raised_in(failure: Failure, node: ast.AST, file: Path) -> list[dict[str, Any]]:
    """The exceptions that came up in the lines of a node, the last one last."""
    first, last = getattr(node, "lineno", 1), getattr(node, "end_lineno", sys.maxsize)
    noted = failure.facts.get("raised", ())
    return [each for each in noted if Path(each["file"]) == file and first <= each["line"] <= last]


def _ended(failure: Failure, written: Written, handler: ast.ExceptHandler) -> list[dict[str, Any]]:
    """The exceptions that came up in the handler's `try`, and that it catches."""
    for each in nodes(written.node, ast.Try):
        if handler in each.handlers:
            raised = _raised_in(failure, ast.Module([], []), written.file)
            first, last = each.body[0].lineno, each.body[-1].end_lineno or 0
            return [one for one in raised if first <= one["line"] <= last and _caught(handler) & set(one["kinds"])]
    return []


def made_none(failure: Failure) -> Found | None:
    """An exception that an `except` turned into the None that the test's last line saw."""
    if list(failure.values)[1:] != ["None"]:
        return None
    for written in failure.written:
        if isinstance(written.node, FUNCTIONS) and f"{written.node.name}(" in failure.asked:
            for handler in filter(_does_nothing, nodes(written.node, ast.ExceptHandler)):
                if ended := _ended(failure, written, handler):
                    place = Place(written.file, ended[-1]["line"], written.node.name)
                    return Found(place, {"error": ended[-1]["error"], "what": _head(handler)})
    return None


def raised_here(failure: Failure) -> Found | None:
    """The `raise` of the step's that has run, wherever its exception was answered."""
    return next((Found(written.at(each)) for written, each in failure.nodes_run(ast.Raise)), None)


def asserted(failure: Failure) -> Found | None:
    """An `assert` of the app's that was not true, where the finished definition raises something."""
    for written in failure.written:
        for each in nodes(written.node, ast.Assert):
            if raised := sorted(raised_names(written)):
                ours = failure.is_ours and failure.place and failure.place.line == each.lineno
                if ours and failure.place and failure.place.file == written.file:
                    return Found(written.at(each), {"name": raised[0]})
    return None


def _caught(handler: ast.ExceptHandler) -> set[str]:
    """The names of the exceptions that it catches."""
    if handler.type is None:
        return {"BaseException"}
    each = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return {ast.unparse(name).rpartition(".")[2] for name in each}


def _head(handler: ast.ExceptHandler) -> str:
    """Its first line, without the colon and a name."""
    return f"except {ast.unparse(handler.type)}" if handler.type else "except"


def _goes_on(handler: ast.ExceptHandler) -> bool:
    return not any(nodes(handler, ast.Raise))


def _does_nothing(handler: ast.ExceptHandler) -> bool:
    def idle(statement: ast.stmt) -> bool:
        match statement:
            case ast.Pass() | ast.Continue() | ast.Expr(ast.Constant()) | ast.Return(None | ast.Constant(None)):
                return True
            case ast.Expr(ast.Call() as call):
                return called(call) == "print"
        return False

    return all(map(idle, handler.body))


def translated_each(failure: Failure) -> Found | None:
    """An `except` that has run and passes nothing on, where the finished one of this name does."""

    def passes_on(handler: ast.ExceptHandler) -> bool:
        return any(each.exc is None for each in nodes(handler, ast.Raise))

    for written in failure.written:
        some = [_caught(each) for each in nodes(written.finished, ast.ExceptHandler) if passes_on(each)]
        for each in nodes(written.node, ast.ExceptHandler):
            if _caught(each) in some and not passes_on(each) and failure.has_run(written, each):
                return Found(written.at(each), {"name": ast.unparse(each.type) if each.type else ""})
    return None


def not_caught(failure: Failure) -> Found | None:
    """A call that raised what the finished definition catches and the student's does not.

    It came out of the student's code, or the test looks at its text.
    """
    came_out = re.match(r"\w+", failure.text)
    looked_at = "str(caught.value)" in failure.asked
    for written in failure.written:
        caught = dict(_guarded(written.finished))
        mine = dict(_guarded(written.node))
        for raised in _raised_in(failure, written.node, written.file):
            kinds = raised["kinds"]
            if not looked_at and not (came_out and came_out[0] == kinds[0]):
                continue
            for call in _calls_that_raised(failure, written, raised):
                known = caught.get(called(call), set()) - EVERY
                error = next((kind for kind in kinds if kind in known), "")
                if error and not mine.get(called(call), set()) & set(kinds):
                    return Found(written.at(call), {"call": f"{called(call)}()", "error": error})
    return None


def _calls_that_raised(failure: Failure, written: Written, raised: dict[str, Any]) -> list[ast.Call]:
    """The calls in an exception's line that it may have come out of: of the app's functions only the one that did."""
    line = raised["line"]
    there = [call for call in calls(written.node) if call.lineno <= line <= (call.end_lineno or line)]
    noted = failure.facts.get("raised", [])
    inside = [each["name"] for each in noted[: noted.index(raised)] if each["error"] == raised["error"]][-1:]
    came_out = [call for call in there if called(call).rpartition(".")[2] in inside]
    others = [call for call in there if called(call)[:1].isupper() or not is_of_the_app(called(call), written.file)]
    return came_out or others


def _guarded(node: ast.AST) -> Iterator[tuple[str, set[str]]]:
    """The calls inside a `try`, by name, and which exceptions of theirs are caught."""
    for each in nodes(node, ast.Try):
        names = set[str]().union(*map(_caught, each.handlers))
        for call in calls(ast.Module(each.body, [])):
            yield called(call), names


def other_exit_status(failure: Failure) -> Found | None:
    """An exit of the program whose status is not the finished one's, where the test looks at the status."""
    if ".code" not in failure.asked or len(failure.values) < 2:  # expected, and seen
        return None
    seen = failure.values[1]
    status = "1, since it is given a text" if seen[:1] in "'\"" else seen
    for written in failure.written:
        right = [ast.unparse(call.args[0]) for call in calls(written.finished) if _exits(call) and call.args]
        for call in calls(written.node):
            is_other = ast.unparse(call) not in map(ast.unparse, calls(written.finished))
            if right and _exits(call) and is_other and failure.has_run(written, call):
                words = {"mine": ast.unparse(call), "status": status, "right": right[0]}
                return Found(written.at(call), words)
    return None


def _exits(call: ast.Call) -> bool:
    return called(call) in ("sys.exit", "exit", "quit", "SystemExit")
