"""Causes of a failure: a value of another kind, spelling or limit."""

import ast
import re
import unicodedata

from course.learn.causes.evidence import FUNCTIONS, Failure, Found, called, calls, code_of, methods, nodes

COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def local_time(failure: Failure) -> Found | None:
    """The time without a zone, where the finished definition takes it with one."""
    for written, call in failure.nodes_run(ast.Call):
        if is_local := re.search(r"\bdatetime\.(now|today)\(\)$", ast.unparse(call)):
            return Found(written.at(call), {"call": is_local[0]})
    return None


def other_limit(failure: Failure) -> Found | None:
    """A comparison that differs from the finished one in whether the limit itself belongs to it."""
    for written in failure.written:
        finished = {_limit(each): each for each in nodes(written.finished, ast.Compare) if _limit(each)}
        for each in nodes(written.node, ast.Compare):
            right = finished.get(_limit(each))
            other = right is not None and type(right.ops[0]) is not type(each.ops[0])
            if _limit(each) and other and failure.has_run(written, each):
                return Found(written.at(each), {"mine": ast.unparse(each)})
    return None


def _limit(node: ast.Compare) -> str:
    if len(node.ops) != 1 or not isinstance(node.ops[0], COMPARISONS):
        return ""
    upwards = isinstance(node.ops[0], (ast.Gt, ast.GtE))
    return f"{ast.unparse(node.left)} {upwards} {ast.unparse(node.comparators[0])}"


def decode_missing(failure: Failure) -> Found | None:
    """The last `return` of who should have made a text of bytes; or nowhere in particular."""
    attribute = re.search(r"'bytes' object has no attribute '(\w+)'", failure.text)
    if attribute and not hasattr(str, attribute[1]):
        return None  # a text has none of this name either
    for written in failure.written:
        missing = {"decode", "encode"} & (methods(written.finished) - methods(written.node))
        if missing and (returned := list(nodes(written.node, ast.Return))):
            return Found(written.at(returned[-1]))
    return Found(None)


def secret_not_taken_out(failure: Failure) -> Found | None:
    """A secret that is used as a text, where the finished definition asks it for its text."""
    for written in failure.written:
        taken = [each.func for each in calls(written.finished) if called(each).endswith(".get_secret_value")]
        secrets = {ast.unparse(each.value) for each in taken if isinstance(each, ast.Attribute)}
        for call in calls(written.node):
            for given in [*call.args, *(word.value for word in call.keywords)]:
                if ast.unparse(given) in secrets and failure.has_run(written, call):
                    return Found(written.at(given), {"secret": ast.unparse(given)})
            owner, _, method = called(call).rpartition(".")
            if owner in secrets and method != "get_secret_value" and failure.has_run(written, call):
                return Found(written.at(call), {"secret": owner})
    return None


def password_hidden(failure: Failure) -> Found | None:
    """A URL as a text, made so that its password is not shown."""
    for written, call in failure.nodes_run(ast.Call):
        hides = called(call) in ("str", "repr") or called(call).endswith((".render_as_string", ".__str__"))
        shows = any(word.arg == "hide_password" for word in call.keywords)
        if hides and not shows:
            return Found(written.at(call), {"call": ast.unparse(call)})
    return None


def same_looks(failure: Failure) -> Found | None:
    """Two texts that an eye can't tell apart."""
    match _both(failure):
        case str() as expected, str() as seen if expected != seen:
            same = unicodedata.normalize("NFKC", expected) == unicodedata.normalize("NFKC", seen)
            return Found(None) if same else None
    return None


def folded_last(failure: Failure) -> Found | None:
    """Texts that look the same, where they are normalised before their case is folded."""
    if same_looks(failure) is None:
        return None
    for written in failure.written:
        folds = [call for call in calls(written.node) if re.search(r"\.(casefold|lower|upper)$", called(call))]
        normal = [call for call in calls(written.node) if called(call).rpartition(".")[2] == "normalize"]
        if folds and normal and not any(fold in list(nodes(each, ast.Call)) for each in normal for fold in folds):
            last = max(folds, key=_end)
            if _end(last) > max(map(_end, normal)):
                return Found(written.at(last), {"fold": called(last).rpartition(".")[2]})
    return None


def _end(node: ast.expr) -> tuple[int, int]:
    return node.end_lineno or 0, node.end_col_offset or 0


def not_normalised(failure: Failure) -> Found | None:
    """Texts that look the same, and that nothing of the student's normalises."""
    normalises = any("normalize" in code_of(written.node) for written in failure.written)
    return None if normalises else same_looks(failure)


def letters_stripped(failure: Failure) -> Found | None:
    """A text that `strip` has cut, letter by letter, where the finished definition takes off a text."""
    match _both(failure):
        case str() as expected, str() as seen if seen != expected and seen in expected:
            for written in failure.written:
                for call in calls(written.node):
                    match call:
                        case ast.Call(
                            func=ast.Attribute(attr="strip" | "lstrip" | "rstrip" as name),
                            args=[ast.Constant(value=str(text))],
                        ) if len(text) > 1 and getattr(expected, name)(text) == seen:
                            return Found(written.at(call), {"call": f"{name}({text!r})"})
    return None


def _both(failure: Failure) -> tuple[object, object] | None:
    """What was expected and what was seen, if both are plain values."""
    try:
        expected, seen = (ast.literal_eval(value) for value in failure.values)
    except (ValueError, SyntaxError, TypeError):
        return None
    return expected, seen


def other_type(failure: Failure) -> Found | None:
    """A value that is right but for its type: 7 and "7"."""
    match _both(failure):
        case expected, seen if type(expected) is not type(seen) and None not in (expected, seen):
            return Found(None, {"expected": type(expected).__name__, "seen": type(seen).__name__})
    return None


def saw_none(failure: Failure) -> Found | None:
    """The test's last line calls one of the step's functions, and saw None, which no `return` of its gives by name."""
    if list(failure.values)[1:] == ["None"]:
        for written in failure.written:
            returns = [each for each in nodes(written.node, ast.Return) if failure.has_run(written, each)]
            by_name = any(each.value is None for one in returns for each in nodes(one, ast.Constant))
            if isinstance(written.node, FUNCTIONS) and f"{written.node.name}(" in failure.asked and not by_name:
                return Found(None, {"name": written.node.name})
    return None


def other_class(failure: Failure) -> Found | None:
    """A function of the step that gives back something else than its head promises, and the test stumbles over it."""
    match = re.search(r"'(\w+)' object has no attribute '(\w+)'", failure.text)
    if not match or failure.place or match[1] in ("NoneType", "coroutine", "function"):
        return None
    for written in failure.written:
        node, finished = written.node, written.finished
        if not isinstance(node, FUNCTIONS) or not isinstance(finished, FUNCTIONS) or not finished.returns:
            continue
        promised = ast.unparse(finished.returns)
        returned = [each for each in nodes(node, ast.Return, nested=False) if failure.has_run(written, each)]
        if f"{node.name}(" in failure.asked and returned and promised not in (match[1], "str", "bytes"):
            return Found(written.at(returned[-1]), {"name": node.name, "seen": match[1], "promised": promised})
    return None


def bytes_spelled(failure: Failure) -> Found | None:
    """`str()` of bytes, where the finished definition decodes them."""
    for written, call in failure.nodes_run(ast.Call):
        alone = called(call) == "str" and len(call.args) == 1 and not call.keywords
        if alone and "decode" in methods(written.finished) - methods(written.node):
            return Found(written.at(call), {"call": ast.unparse(call)})
    return None
