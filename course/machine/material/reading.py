"""What a student's Python file holds, read without changing it."""

import ast
import hashlib
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from course.errors import CourseError

WHOLE_FILE_MARK = "# Write it here: "  # what an emptied file says before the step

AstDefinition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def is_empty(source: str, qualname: str | None, step_id: str) -> bool:
    """Whether that definition (None: the whole file) still is as the step left it: not written.

    A file that Python can't read has been written in.
    """
    mark = f"step {step_id}:"
    if syntax_fault(source):
        return False
    tree = ast.parse(source)
    node = find(tree, qualname) if qualname else tree
    if node is None:
        return False
    if qualname is None and WHOLE_FILE_MARK + mark in source:
        return not any(isinstance(statement, AstDefinition) for statement in tree.body)
    return any(_raises(statement, mark) for statement in node.body)


def says_the_same(source: str, other: str, qualname: str | None) -> bool:
    """Whether two sources (or their definitions of that name) are the same code, however they are formatted."""
    if syntax_fault(source):
        return False
    mine, theirs = (find(tree, qualname) if qualname else tree for tree in map(ast.parse, (source, other)))
    return mine is not None and theirs is not None and ast.dump(mine) == ast.dump(theirs)


def fingerprint(source: str, without: Iterable[str] = ()) -> str:
    """What changes when the code does, in what stands outside of these definitions. Python can read the source."""
    tree = ast.parse(source)
    for qualname in without:
        owner, _, _ = qualname.rpartition(".")
        around, node = find(tree, owner) if owner else tree, find(tree, qualname)
        if around and node:
            around.body.remove(node)
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def has_definition(source: str, qualname: str) -> bool:
    """Whether the source, which Python can read, defines that name at all."""
    return definition(source, qualname) is not None


def cut(source: str, name: str, file: str) -> str:
    """The lines of one definition, with its decorators and the comment right above it.

    `imports` names the lines from the first import to the last. Raises CourseError if the file has no such name.
    """
    tree = ast.parse(source)
    lines = source.splitlines()
    if name == "imports":
        imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        return "\n".join(lines[imports[0].lineno - 1 : imports[-1].end_lineno]) if imports else ""
    body: Sequence[ast.stmt] = tree.body
    node: ast.stmt | None = None
    for part in name.split("."):
        node = next((each for each in body if part in names_of(each)), None)
        if node is None:
            raise CourseError(f"{file} has no {name}.")
        body = getattr(node, "body", [])
    assert node is not None
    return _lines(lines, node)


@dataclass(frozen=True)
class Fault:
    """What Python can't read in a file, and in which line."""

    text: str
    line: int = 0


@lru_cache(maxsize=256)  # a check asks for all files of a workspace, again and again
def fault_in(source: str) -> Fault | None:
    """What Python can't read in the source; None if it reads it all."""
    try:
        with warnings.catch_warnings():  # of what Python can read, and finds strange
            warnings.simplefilter("ignore")
            compile(source, "it", "exec", dont_inherit=True)
    except SyntaxError as error:
        kind = "an indentation error" if type(error) is IndentationError else "a syntax error"
        return Fault(f"{kind} in line {error.lineno}: {error.msg}", error.lineno or 0)
    except ValueError:
        return Fault("a NUL character", source.partition("\0")[0].count("\n") + 1)
    return None


def syntax_fault(source: str) -> str | None:
    """What Python can't read in the source, with its line; None if it reads it all."""
    fault = fault_in(source)
    return fault.text if fault else None


def is_left_below(source: str, qualname: str | None, step_id: str) -> int | None:
    """The line of a `raise` that the step left, if there is code of one's own beside it."""
    mark = f"step {step_id}:"
    node = None if qualname is None or syntax_fault(source) else definition(source, qualname)
    if node is None:
        return None
    left = next((statement for statement in node.body if _raises(statement, mark)), None)
    return left.lineno if left and not all(map(_is_handed_out, node.body)) else None


def _is_handed_out(statement: ast.stmt) -> bool:
    """Is it what an emptied function consists of: a docstring, the `raise`, and maybe a bare `yield`?"""
    match statement:
        case ast.Expr(ast.Constant(value=str()) | ast.Yield(value=None)):
            return True
    return _raises(statement, "step ")


def definition(source: str, qualname: str) -> AstDefinition | None:
    """The definition of that name in a source that Python can read."""
    return find(ast.parse(source), qualname)


def names_of(node: ast.stmt) -> set[str]:
    """The names that a statement defines."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case ast.Assign(targets=targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
    return set()


def _lines(lines: list[str], node: ast.stmt) -> str:
    decorators = getattr(node, "decorator_list", [])
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1
    while first > 0 and lines[first - 1].strip().startswith("#"):
        first -= 1
    return "\n".join(lines[first : node.end_lineno])


def find(tree: ast.Module, qualname: str) -> AstDefinition | None:
    """The definition of that qualified name, if there is one."""
    body: list[ast.stmt] = tree.body
    node: AstDefinition | None = None
    for part in qualname.split("."):
        node = next((each for each in body if isinstance(each, AstDefinition) and each.name == part), None)
        if node is None:
            return None
        body = node.body
    return node


def _raises(statement: ast.stmt, mark: str) -> bool:
    match statement:
        case ast.Raise(exc=ast.Call(func=ast.Name(id="NotImplementedError"), args=[ast.Constant(value=str() as text)])):
            return text.startswith(mark)
    return False
