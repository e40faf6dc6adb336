"""A step as its page shows it: the task in a box, then three hints and one solution, folded.

All of it is made from the stage's files and the step's entry in steps.toml.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from course.machine.material.data import Learning, Step
from course.machine.material.reading import AstDefinition, cut, find, names_of
from course.machine.material.workspace import emptied, read_source


def block(folder: Path, learning: Learning, step: Step) -> str:
    """What stands on the page, as Markdown that GitHub and the site both show."""
    emptied(folder, (step,))  # or it says which name is not there
    task = "\n\n".join(_task(folder, learning, step))
    boxed = "\n".join(f"> {line}".rstrip() for line in task.splitlines())
    hints = [folded(f"Hint {number}", _as_markdown(hint)) for number, hint in enumerate(step.hints, start=1)]
    listings = [fenced("python", f"# {file}\n{_solution(folder, step, file)}") for file in step.files]
    solution = folded("One solution", "\n\n".join([*listings, *([step.why] if step.why else [])]))
    return "\n\n".join([boxed, *hints, solution])


def fenced(language: str, text: str) -> str:
    """A fenced block; its fence is longer than any inside."""
    longest = max((len(match) for match in re.findall(r"^`{3,}", text, re.MULTILINE)), default=2)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _as_markdown(text: str) -> str:
    """A text as it is printed in a terminal, with no character taken for Markdown's."""
    return re.sub(r"(`[^`]*`)|([*_<])", lambda match: match[1] or f"\\{match[2]}", text)


def folded(summary: str, text: str) -> str:
    """A part of a page that opens with a click."""
    return f"<details><summary>{summary}</summary>\n\n{text}\n\n</details>"


def _task(folder: Path, learning: Learning, step: Step) -> Iterator[str]:
    """What a learner needs to write the step, paragraph by paragraph."""
    yield f"**Your task**: write {_what(step)}."
    for file in step.files:
        yield fenced("python", f"# {file}\n{_given(read_source(folder / file), step, file)}")
    if there := [name for file in step.files for name in _already_there(read_source(folder / file), step, file)]:
        yield f"Already there: {_listed(there)}."
    if step.catches:
        yield "Your tests run on the finished app, not on yours. They pass, and fail with each of these bugs in it:"
        yield "\n".join(f"- `{bug}`: {learning.bug(bug).title}" for bug in step.catches)
    if step.task:
        yield step.task
    if step.examples:
        part = any(each.is_request and "{" in each.result for each in step.examples)
        yield "For example (an answer may have more fields):" if part else "For example:"
        yield fenced("text" if any(each.is_request for each in step.examples) else "python", _examples(step))
    if step.texts:
        yield "To the letter, since clients rely on it:"
        yield "\n".join(f"- `{text}`" for text in step.texts)


def _what(step: Step) -> str:
    parts = []
    for file in step.files:
        names = [name.qualname for name in step.empty if name.file == file and name.qualname]
        parts.append(f"{_listed(names)} in `{file}`" if names else f"the file `{file}`")
    return "; ".join(parts)


def _listed(names: Sequence[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


def _examples(step: Step) -> str:
    return "\n".join(f"{each.call if each.is_request else f'>>> {each.call}'}\n{each.result}" for each in step.examples)


def _given(source: str, step: Step, file: str) -> str:
    """The step's definitions without their bodies, below the constants of a line that they use."""
    names = _names(step, file)
    if not names:
        kept = [cut(source, name, file) for name in step.keep or ()]
        shown = _public(source, step)
        return "\n\n\n".join([f'"""{ast.get_docstring(ast.parse(source), clean=False)}"""', *kept, *shown])
    constants = [
        cut(source, name, file)
        for name, statement in _used(source, names)
        if not isinstance(statement, AstDefinition) and statement.lineno == statement.end_lineno
    ]
    tree, lines = ast.parse(source), source.splitlines()
    stubs = [_stub(lines, _defined(tree, name)) for name in names]
    return "\n\n\n".join([*(["\n".join(constants)] if constants else []), _in_classes(source, names, stubs)])


def _in_classes(source: str, names: Sequence[str], texts: Sequence[str]) -> str:
    """Texts of definitions, each method below the line that begins its class."""
    lines, tree, parts, owner = source.splitlines(), ast.parse(source), list[str](), ""
    for name, text in zip(names, texts, strict=True):
        before, owner = owner, name.rpartition(".")[0]
        if not owner:
            parts.append(text)
        elif owner == before:
            parts[-1] += f"\n\n{text}"
        else:
            parts.append(f"{lines[_defined(tree, owner).lineno - 1]}\n{text}")
    return "\n\n\n".join(parts)


def _defined(tree: ast.Module, name: str) -> AstDefinition:
    node = find(tree, name)
    assert node is not None, "the step's names were looked for before"
    return node


def _stub(lines: Sequence[str], node: AstDefinition) -> str:
    """A definition's decorators, signature and docstring; of a class, those of its public methods, too."""
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    body = node.body[0]
    head = list(lines[first - 1 : max(body.lineno - 1, node.lineno)])
    while head[-1].strip().startswith(("#", "@")) or not head[-1].strip():
        head.pop()  # a comment on the body is a part of the solution
    has_docstring = ast.get_docstring(node, clean=False) is not None
    parts = ["\n".join([*head, *(lines[body.lineno - 1 : body.end_lineno] if has_docstring else [])])]
    if isinstance(node, ast.ClassDef):
        methods = [each for each in node.body if isinstance(each, AstDefinition) and not each.name.startswith("_")]
        parts += [_stub(lines, method) for method in methods]
    if len(parts) == 1 and not has_docstring:
        parts[0] += "\n" + " " * (node.col_offset + 4) + "..."
    return "\n\n".join(parts)


def _public(source: str, step: Step) -> Iterator[str]:
    """What a file is to define, without bodies and values: its public names."""
    if step.catches:
        return
    lines = source.splitlines()
    for statement in ast.parse(source).body:
        for name in sorted(names_of(statement)):
            if not name.startswith("_") and name not in (step.keep or ()):
                yield _stub(lines, statement) if isinstance(statement, AstDefinition) else f"{name} = ..."


def _names(step: Step, file: str) -> list[str]:
    return [name.qualname for name in step.empty if name.file == file and name.qualname]


def _already_there(source: str, step: Step, file: str) -> list[str]:
    """What one solution uses of its own file: definitions, and constants of more than a line."""
    return [
        name
        for name, statement in _used(source, _names(step, file))
        if isinstance(statement, AstDefinition) or statement.lineno != statement.end_lineno
    ]


def _used(source: str, names: Sequence[str]) -> list[tuple[str, ast.stmt]]:
    """What the bodies of these definitions use of the top level of their own file, in its order."""
    tree = ast.parse(source)
    statements = [statement for name in names for statement in _defined(tree, name).body]
    nodes = [each for statement in statements for each in ast.walk(statement)]
    wanted = {node.id for node in nodes if isinstance(node, ast.Name)}
    own = {name.partition(".")[0] for name in names}
    return [(name, statement) for statement in tree.body for name in sorted(names_of(statement) & wanted - own)]


def _solution(folder: Path, step: Step, file: str) -> str:
    source = read_source(folder / file)
    names = _names(step, file)
    return _in_classes(source, names, [cut(source, name, file) for name in names]) if names else source.strip("\n")
