"""Variants: differently written right solutions of a step, which pass its tests, and wrong ones, which must not.

They stand in the stage, as `variants/STEP/right_HOW.py` and `variants/STEP/wrong_WHAT.py`. Each is a module whose
docstring says what is different, or what goes wrong. Its definitions take the place of the reference's; its imports
and whatever else it defines are added. For a file that a step empties whole, it is that file. A folder of that name
holds a variant of several files, each at its path in the stage.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from course.errors import CourseError
from course.machine.material.data import VARIANTS, Learning, Step
from course.machine.material.reading import find, names_of
from course.machine.material.subtract import put_definition
from course.machine.material.workspace import read_source, write_source
from course.stages import Stage

LEAST = 2  # of right ones, and of wrong ones


@dataclass(frozen=True)
class Variant:
    """One solution of a step: the files that it is written in, each with the file of the stage that it stands for."""

    step: Step
    name: str
    files: tuple[tuple[Path, str], ...]

    @property
    def is_right(self) -> bool:
        return self.name.startswith("right_")

    def put(self, stage: Stage, folder: Path) -> None:
        """Write it into a copy of the stage. Raises CourseError, which names it, if it doesn't fit."""
        for path, file in self.files:
            try:
                text = _put_together(read_source(stage.folder / file), read_source(path), self.step, file)
            except CourseError as error:
                raise CourseError(f"{self}: {error}") from error
            write_source(folder / file, text)

    def __str__(self) -> str:
        return f"{VARIANTS}{self.step.id}/{self.name}"


def variants(stage: Stage, learning: Learning) -> list[Variant]:
    """All variants of a stage. Raises CourseError for one that belongs to no step, or is called otherwise."""
    found = []
    for folder in sorted((stage.folder / VARIANTS).glob("*")):
        step = learning.step(folder.name)
        for path in sorted(folder.iterdir()):
            if path.name == "__pycache__":
                continue
            if not path.name.startswith(("right_", "wrong_")):
                raise CourseError(f"{VARIANTS}{step.id}/{path.name} begins neither with right_ nor with wrong_.")
            inside = path if path.is_dir() else path.parent
            paths = sorted(path.rglob("*.py")) if path.is_dir() else [path]
            files = [(each, each.relative_to(inside).as_posix() if path.is_dir() else step.files[0]) for each in paths]
            found.append(Variant(step, path.stem, tuple(files)))
    return found


def problems(stage: Stage, learning: Learning) -> Iterator[str]:
    """Steps with too few variants, variants that do not say what they are, and promises of variants that are kept."""
    there = variants(stage, learning)
    for step in learning.steps:
        mine = [variant for variant in there if variant.step == step]
        right = sum(variant.is_right for variant in mine)
        enough = right >= LEAST and len(mine) - right >= LEAST
        if step.id in learning.without_variants:
            if mine:
                yield f"steps.toml names step {step.id} in without_variants, and it has some"
        elif step.tests and not enough:
            yield (
                f"step {step.id} has {right} right and {len(mine) - right} wrong variants in {VARIANTS}{step.id}; "
                f"it needs at least {LEAST} of each"
            )
    for unknown in set(learning.without_variants) - {step.id for step in learning.steps if step.tests}:
        yield f"steps.toml names {unknown} in without_variants, which is no step with tests"
    for variant in there:
        for path, file in variant.files:
            if ast.get_docstring(ast.parse(read_source(path))) is None:
                yield f"{variant} has no docstring that says what is different, or wrong"
            if file not in variant.step.files:
                yield f"{variant} is for {file}, which step {variant.step.id} does not ask for"


def _put_together(source: str, variant: str, step: Step, file: str) -> str:
    """The stage's file with the variant's definitions in it."""
    names = [name.qualname for name in step.empty if name.file == file and name.qualname]
    own_module = file.removesuffix(".py").replace("/", ".")
    tree = ast.parse(variant)
    if not names:
        if not any(isinstance(each, ast.ImportFrom) and each.module == own_module for each in tree.body):
            return variant
        defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        names = [each.name for each in ast.parse(source).body if isinstance(each, defined)]
    written = [name for name in names if find(tree, name)]
    if not written:
        raise CourseError(f"it defines nothing that step {step.id} asks for in {file}.")
    for name in written:
        source = put_definition(source, name, variant)
    owners = {name.partition(".")[0] for name in names}
    imports, others = [], []
    for statement in tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            if not isinstance(statement, ast.ImportFrom) or statement.module != own_module:
                imports.append(ast.unparse(statement))
        elif not isinstance(statement, ast.Expr) and not names_of(statement) & owners:  # the docstring is one
            others.append(ast.get_source_segment(variant, statement) or "")
    first = min(_line(source, name) for name in written)
    lines = source.splitlines()
    after_imports = max(
        each.end_lineno or 0 for each in ast.parse(source).body if isinstance(each, ast.Import | ast.ImportFrom)
    )
    return "\n".join([*lines[:after_imports], *imports, *lines[after_imports:first], *others, *lines[first:], ""])


def _line(source: str, name: str) -> int:
    """How many lines stand above the top-level definition that holds a name, its decorators and comments left aside."""
    node = find(ast.parse(source), name.partition(".")[0])
    assert node is not None
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) - 1
