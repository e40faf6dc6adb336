"""What a student's Python file holds, read without changing it."""

import ast

WHOLE_FILE_MARK = "# Write it here: "  # what an emptied file says before the step

AstDefinition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def is_empty(source: str, qualname: str | None, step_id: str) -> bool:
    """Whether that definition (None: the whole file) still is as the step left it: not written.

    A file that Python can't read has been written in.
    """
    mark = f"step {step_id}:"
    if qualname is None:
        return WHOLE_FILE_MARK + mark in source
    node = None if syntax_fault(source) else _ast_definition(ast.parse(source), qualname)
    return node is not None and any(_raises(statement, mark) for statement in node.body)


def has_definition(source: str, qualname: str) -> bool:
    """Whether the source, which Python can read, defines that name at all."""
    return _ast_definition(ast.parse(source), qualname) is not None


def syntax_fault(source: str) -> str | None:
    """What Python can't read in the source, with its line; None if it reads it all."""
    try:
        ast.parse(source)
    except SyntaxError as error:
        return f"a syntax error in line {error.lineno}: {error.msg}"
    except ValueError:
        return "a NUL character"
    return None


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
