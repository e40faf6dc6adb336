"""Causes of a failure: how the app is put together, imported and configured."""

import ast
import difflib
import re

from course.learn.causes.evidence import (
    FUNCTIONS,
    Failure,
    Found,
    Place,
    called,
    calls,
    code_of,
    nodes,
    parsed,
    tree_of,
)


def import_of_name(failure: Failure) -> Found | None:
    """How the finished file gets the name that is not defined, or the nearest name of the student's file."""
    match = re.search(r"name '(\w+)' is not defined", failure.text)
    if not match:
        return None
    name = match[1]
    for node in ast.walk(parsed(failure.finished)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    line = ast.unparse(type(node)(**{**vars(node), "names": [alias]}))
                    return Found(None, {"what": f"It is imported in the finished file: `{line}`."})
    names = {node.id for node in ast.walk(parsed(failure.source)) if isinstance(node, ast.Name)}
    names |= {node.arg for node in ast.walk(parsed(failure.source)) if isinstance(node, ast.arg)}
    names |= {node.name for node in ast.walk(parsed(failure.source)) if isinstance(node, (*FUNCTIONS, ast.ClassDef))}
    near = difflib.get_close_matches(name, names - {name}, n=1)
    what = f"Did you mean `{near[0]}`?" if near else "Import it, assign it first, or check how it is spelt."
    return Found(None, {"what": what})


def no_migration_before(failure: Failure) -> Found | None:
    """A migration's `down_revision` that is not the finished one's."""
    for written in failure.written:
        mine, finished = (
            {ast.unparse(each.targets[0]): each for each in nodes(node, ast.Assign)}.get("down_revision")
            for node in (written.node, written.finished)
        )
        if mine and finished and ast.unparse(mine.value) != ast.unparse(finished.value):
            return Found(written.at(mine), {"right": ast.unparse(finished.value)})
    return None


def printed_to_stdout(failure: Failure) -> Found | None:
    """A `print` that has run, where the finished definition writes to stderr and the student's knows nothing of it."""
    for written in failure.written:
        if "stderr" in code_of(written.finished) and "stderr" not in code_of(written.node):
            for call in calls(written.node):
                if called(call) == "print" and failure.has_run(written, call):
                    return Found(written.at(call))
    return None


def prefix_twice(failure: Failure) -> Found | None:
    """A constraint's name whose prefix was added to one that had it already."""
    match = re.search(r"\b((?:ck|fk|ix|pk|uq)_\w+?_)\1\w+", " ".join([failure.text, *failure.values]))
    if match is None:
        return None
    name = match[0].removeprefix(match[1])
    for written in failure.written:
        for call in calls(written.node):
            for word in [*call.args, *(each.value for each in call.keywords)]:
                if isinstance(word, ast.Constant) and word.value == name:
                    return Found(written.at(word), {"name": repr(name), "prefix": match[1]})
    return None


def lifespan_not_given(failure: Failure) -> Found | None:
    """A `FastAPI(...)` without the lifespan that its file defines and the finished one is given."""
    for written in failure.written:
        tree, finished = tree_of(written.file), parsed(failure.finished)
        given = [word.arg for call in calls(finished) for word in call.keywords if word.arg == "lifespan"]
        for call in calls(tree):
            names = {word.arg for word in call.keywords}
            managers = [
                each.name for each in nodes(tree, ast.AsyncFunctionDef) if "contextmanager" in _decorators(each)
            ]
            if called(call) == "FastAPI" and given and managers and not names & {"lifespan", "on_startup"}:
                return Found(Place(written.file, call.lineno), {"name": managers[0], "name_is": "lifespan"})
    return None


def _decorators(node: ast.AsyncFunctionDef) -> str:
    return " ".join(map(ast.unparse, node.decorator_list))


def header_missing(failure: Failure) -> Found | None:
    """The test reads a header of an answer that has none of this name."""
    return Found(None) if ".headers[" in failure.asked and not failure.is_ours else None


def config_missing(failure: Failure) -> Found | None:
    """A settings class without the `model_config` that says where `.env` is, in a test of that file."""
    for written in failure.written:
        if isinstance(written.node, ast.ClassDef) and "'.env'" in failure.test:
            mine, finished = map(ast.unparse, (written.node, written.finished))
            if "env_file" in finished and "env_file" not in mine and "Config" not in mine:
                return Found(written.at(written.node), {"name": written.node.name})
    return None
