"""What a student's Python file holds, read without changing it."""

import ast
import warnings
from dataclasses import dataclass

WHOLE_FILE_MARK = "# Write it here: "  # what an emptied file says before the step

AstDefinition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def is_empty(source: str, qualname: str | None, step_id: str) -> bool:
    """Whether that definition (None: the whole file) still is as the step left it: not written.

    A file that Python can't read has been written in.
    """
    mark = f"step {step_id}:"
    if qualname is None:
        return WHOLE_FILE_MARK + mark in source and (bool(syntax_fault(source)) or len(ast.parse(source).body) <= 1)
    node = None if syntax_fault(source) else definition(source, qualname)
    return node is not None and any(_raises(statement, mark) for statement in node.body)


def has_definition(source: str, qualname: str) -> bool:
    """Whether the source, which Python can read, defines that name at all."""
    return definition(source, qualname) is not None


@dataclass(frozen=True)
class Fault:
    """What Python can't read in a file, and in which line."""

    text: str
    line: int = 0


def fault_in(source: str) -> Fault | None:
    """What Python can't read in the source; None if it reads it all."""
    try:
        with warnings.catch_warnings():  # of what Python can read, and finds strange
            warnings.simplefilter("ignore")
            compile(source.removeprefix("\ufeff"), "it", "exec", dont_inherit=True)
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
    return _ast_definition(ast.parse(source.removeprefix("\ufeff")), qualname)


def _ast_definition(tree: ast.Module, qualname: str) -> AstDefinition | None:
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
