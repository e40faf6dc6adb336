"""Steps by subtraction: empty a definition in a file's text, or put another text's definition in its place.

The text around it stays as it is, to the byte: a student's own formatting and comments are never touched.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import libcst as cst

from course.errors import CourseError
from course.machine.material.reading import WHOLE_FILE_MARK, cut, syntax_fault

Definition = cst.FunctionDef | cst.ClassDef


def empty_definitions(source: str, markers: Mapping[str, str]) -> str:
    """The source with each definition of `markers` (by qualified name) emptied, its body raising its marker."""
    return _change(source, {name: _emptier(marker) for name, marker in markers.items()})


def empty_file(source: str, marker: str, keep: Sequence[str] = (), *, raises: bool = False) -> str:
    """A file of which only the module's docstring is left, and what is to be kept: "imports", and names.

    With `raises` it raises its marker when it is imported; otherwise a comment says where to write.
    """
    docstring = ast.get_docstring(ast.parse(source), clean=False)
    parts = [f'"""{docstring}"""'] if docstring else []
    parts += [cut(source, name, "it") for name in keep]
    parts.append(_raise_statement(marker) if raises else f"{WHOLE_FILE_MARK}{marker}")
    return "\n\n".join(parts) + "\n"


def put_definition(source: str, qualname: str, donor: str) -> str:
    """The source with its definition of that name replaced by the donor's."""
    replacement = find_definition(donor, qualname)

    def put(node: Definition) -> Definition:
        return replacement.with_changes(leading_lines=node.leading_lines)

    return _change(source, {qualname: put})


def find_definition(source: str, qualname: str) -> Definition:
    """The definition of that name. Raises CourseError if there is none, or more than one."""
    finder = _Changer({qualname: lambda node: node})
    parse(source).visit(finder)
    finder.check()
    return finder.found[qualname][0]


def definition_text(source: str, qualname: str) -> str:
    """The text of a definition with its decorators, without what stands around it."""
    node = find_definition(source, qualname).with_changes(leading_lines=())
    return cst.Module([]).code_for_node(node)


@lru_cache(8)  # many variants are put into one file
def parse(source: str) -> cst.Module:
    """The source as a tree that keeps every character. Raises CourseError for a syntax error."""
    if fault := syntax_fault(source):
        raise CourseError(f"{fault}.")
    return cst.parse_module(source)


def _emptier(marker: str) -> Callable[[Definition], Definition]:
    def empty(node: Definition) -> Definition:
        statements: list[cst.BaseStatement] = []
        if docstring := _docstring(node):
            statements.append(docstring)
        statements.append(cst.parse_statement(_raise_statement(marker)))
        if isinstance(node, cst.FunctionDef) and _is_generator(node):
            statements.append(cst.parse_statement("yield  # keeps this function a generator"))
        return node.with_changes(body=cst.IndentedBlock(body=statements))

    return empty


def _raise_statement(marker: str) -> str:
    text = marker.replace("\\", "\\\\").replace('"', '\\"')
    return f'raise NotImplementedError("{text}")'


def _docstring(node: Definition) -> cst.BaseStatement | None:
    if not isinstance(node.body, cst.IndentedBlock) or node.get_docstring() is None:
        return None
    return node.body.body[0].with_changes(leading_lines=()) if node.body.body else None


def _is_generator(node: cst.FunctionDef) -> bool:
    search = _YieldSearch()
    node.body.visit(search)
    return search.found


class _YieldSearch(cst.CSTVisitor):
    """Looks for a `yield` of the function itself, not of one defined inside it."""

    def __init__(self) -> None:
        self.found = False

    def visit_Yield(self, node: cst.Yield) -> None:  # noqa: N802 - libcst finds it by this name
        self.found = True

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:  # noqa: N802
        return False

    def visit_Lambda(self, node: cst.Lambda) -> bool:  # noqa: N802
        return False


class _Changer(cst.CSTTransformer):
    """Changes definitions by qualified name, and remembers which it has met."""

    def __init__(self, changes: Mapping[str, Callable[[Definition], Definition]]) -> None:
        super().__init__()
        self.changes = changes
        self.found: dict[str, list[Definition]] = {name: [] for name in changes}
        self._path: list[str] = []

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:  # noqa: N802
        return self._enter(node)

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:  # noqa: N802
        return self._enter(node)

    def leave_FunctionDef(self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef) -> Definition:  # noqa: N802
        return self._leave(updated_node)

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> Definition:  # noqa: N802
        return self._leave(updated_node)

    def _enter(self, node: Definition) -> bool:
        """Go on into a definition only if a name that is looked for lies in it: to visit every node takes long."""
        self._path.append(node.name.value)
        inside = ".".join(self._path) + "."
        return any(name.startswith(inside) for name in self.changes)

    def _leave(self, node: Definition) -> Definition:
        name = ".".join(self._path)
        self._path.pop()
        if name not in self.changes:
            return node
        self.found[name].append(node)
        return self.changes[name](node)

    def check(self) -> None:
        """Raise CourseError unless every name was met exactly once."""
        for name, nodes in self.found.items():
            if len(nodes) != 1:
                raise CourseError(f"no {name} in it." if not nodes else f"{name} is defined {len(nodes)} times.")


def _change(source: str, changes: Mapping[str, Callable[[Definition], Definition]]) -> str:
    changer = _Changer(changes)
    changed = parse(source).visit(changer)
    changer.check()
    return changed.code
