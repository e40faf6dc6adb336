"""Causes of a failure: what a function returns, yields or calls."""

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

from course.learn.causes.evidence import (
    FUNCTIONS,
    MANY,
    Failure,
    Found,
    Written,
    called,
    calls,
    is_of_the_app,
    kind_of,
    name_of,
    nodes,
    ran,
    tree_of,
)

OPEN_OR_FINALLY = "put it into a `finally`, or open with `async with`"


def yield_missing(failure: Failure) -> Found | None:
    """A `return` that has run, where the finished definition is a generator."""
    for written in failure.written:
        if kind_of(written.finished)[1] and not kind_of(written.node)[1]:
            for each in nodes(written.node, ast.Return, nested=False):
                if failure.has_run(written, each):
                    return Found(written.at(each), {"name": name_of(written)})
    return None


def not_in_finally(failure: Failure) -> Found | None:
    """What stands behind a generator's `yield`, in no block that guards it, and was not reached: no exception tells."""
    if re.match(r"\w*(Error|Exception)\b", failure.text):
        return None
    for written in failure.written:
        body = written.node.body if isinstance(written.node, FUNCTIONS) else []
        for statement, following in pairwise(body):
            gives = isinstance(statement, ast.Expr | ast.Assign) and any(nodes(statement, ast.Yield, nested=False))
            if gives and failure.has_run(written, statement) and not failure.has_run(written, following):
                commits = any(called(call).endswith(".commit") for call in calls(following))
                how = "open with `async with`, which rolls back" if commits else OPEN_OR_FINALLY
                return Found(written.at(following), {"how": how})
    return None


def none_attribute(failure: Failure) -> Found | None:
    """The attribute in the student's line, itself read from another, that turned out to be None."""
    match = re.search(r"has no attribute '(\w+)'", failure.text)
    owner = match and re.search(rf"[A-Za-z_]\w*(?:\.\w+)+(?=\.{match[1]}\b)", failure.line)
    return Found(None, {"owner": owner[0]}) if owner and failure.is_ours else None


def prints_instead(failure: Failure) -> Found | None:
    for written, _ in _without_return(failure):
        printed = [call for call in calls(written.node) if called(call) == "print"]
        if printed:
            return Found(written.at(printed[-1]), {"name": name_of(written)})
    return None


def without_return(failure: Failure) -> Found | None:
    for written, last in _without_return(failure):
        return Found(written.at(last), {"name": name_of(written)})
    return None


def _without_return(failure: Failure) -> Iterator[tuple[Written, ast.AST]]:
    """The functions that come to their end without a `return`, where the finished ones return something."""
    for written in failure.written:
        pairs = [(written.node, written.finished)]
        if isinstance(written.node, ast.ClassDef):
            other = {each.name: each for each in nodes(written.finished, *FUNCTIONS)}
            pairs = [(each, other[each.name]) for each in nodes(written.node, *FUNCTIONS) if each.name in other]
        for mine, finished in pairs:
            if not isinstance(mine, FUNCTIONS) or not isinstance(finished, FUNCTIONS):
                continue
            gives = any(each.value is not None for each in nodes(finished, ast.Return, nested=False))
            fell = _fell_off(mine.body, _ends_it(written.file), partial(ran, failure.facts, written.file))
            if gives and fell:
                yield Written(written.file, mine, finished), fell


def _ends_it(file: Path) -> set[str]:
    """What never returns: `sys.exit`, and the functions of a file that say so (`-> NoReturn`)."""
    found = {"sys.exit", "exit", "quit", "os._exit"}
    for each in nodes(tree_of(file), *FUNCTIONS):
        if each.returns and ast.unparse(each.returns).rpartition(".")[2] in ("NoReturn", "Never"):
            found.add(each.name)
    return found


def _fell_off(body: Sequence[ast.stmt], ends: set[str], has_run: Callable[[ast.AST], bool]) -> ast.stmt | None:
    """The last of these statements that ran, if their end was reached. `while True` and the like end in no such way."""

    def last_of(inner: Sequence[ast.stmt]) -> ast.stmt | None:
        return _fell_off(inner, ends, has_run) if inner else None

    last = body[-1]
    match last:
        case ast.Return() | ast.Raise() | ast.While() | ast.Match() | ast.Continue() | ast.Break():
            return None
        case ast.Expr(ast.Call() as call) if called(call) in ends:
            return None
        case ast.If(test=test, body=then, orelse=otherwise):
            skipped = not otherwise and has_run(test) and not any(map(has_run, then))
            return last if skipped else last_of(then) or last_of(otherwise)
        case ast.For() | ast.AsyncFor():
            return None if any(map(has_run, nodes(last, ast.Return))) else last if has_run(last.iter) else None
        case ast.With(body=inner) | ast.AsyncWith(body=inner):
            return last_of(inner)
        case ast.Try(body=inner, handlers=handlers, orelse=otherwise, finalbody=final):
            if final and not last_of(final):
                return None
            caught = (last_of(handler.body) for handler in handlers)
            return last_of(otherwise or inner) or next(filter(None, caught), None)
    return last if has_run(last) else None


def second_yield(failure: Failure) -> Found | None:
    for written in failure.written:
        mine = list(nodes(written.node, ast.Yield, nested=False))
        if len(mine) > len(list(nodes(written.finished, ast.Yield, nested=False))):
            return Found(written.at(mine[-1]), {"name": name_of(written)})
    return None


def dictionary_for_response(failure: Failure) -> Found | None:
    """A `return` of what is no response, where the head promises one."""
    for written in failure.written:
        promised = getattr(written.finished, "returns", None)
        if promised is not None and ast.unparse(promised).endswith("Response"):
            for each in nodes(written.node, ast.Return, nested=False):
                if not isinstance(each.value, ast.Call) and failure.has_run(written, each):
                    return Found(written.at(each), {"name": name_of(written)})
    return None


def calls_itself(failure: Failure) -> Found | None:
    """The exception went through one and the same function of the student's many times."""
    again = [name for name in failure.raised_in if failure.raised_in.count(name) >= MANY]
    return Found(None) if again else None


def not_called(failure: Failure) -> Found | None:
    """What the last line's `with` was to open, and is only a function or a class by its name."""
    opened = re.search(r"\bwith ([\w.]+)(?= as |:|,)", failure.line)
    return Found(failure.place, {"what": opened[1]}) if opened and failure.is_ours else None


def called_not_passed(failure: Failure) -> Found | None:
    """A call in the place of a function that was to be passed, and its arguments with it."""
    for written in failure.written:
        for call in calls(written.node):
            first = call.args[0] if call.args else None
            takes_one = called(call).endswith(("run_sync", "to_thread", "run_in_threadpool"))
            here = failure.place and call.lineno <= failure.place.line <= (call.end_lineno or call.lineno)
            if takes_one and here and isinstance(first, ast.Call):
                words = {"inner": called(first), "outer": called(call)}
                return Found(written.at(first), words)
    return None


def arguments_swapped(failure: Failure) -> Found | None:
    """A call of one of the app's own functions or classes whose two first arguments stand in the other order."""
    if not re.match(r"\w*(Error|Exception)\b", failure.text):
        return None
    for written in failure.written:
        right = {called(call): call.args[:2] for call in calls(written.finished) if len(call.args) > 1}
        for call in calls(written.node):
            first, second = (*call.args, None, None)[:2]
            if first is None or second is None or not failure.has_run(written, call):
                continue
            theirs = right.get(called(call))
            if theirs and is_of_the_app(called(call), written.file) and _are_swapped([first, second], theirs):
                return Found(written.at(call), {"name": called(call)})
    return None


def _are_swapped(mine: Sequence[ast.expr], right: Sequence[ast.expr]) -> bool:
    """The same two the other way round; or a text and something else, where the text has another place."""
    same = [*map(ast.unparse, mine)] == [ast.unparse(each) for each in reversed(right)]
    texts = [[_is_text(each) for each in both] for both in (mine, right)]
    return same or (texts[0] == texts[1][::-1] and texts[0] != texts[1])


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
