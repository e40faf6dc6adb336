"""Whether a notebook's stored outputs are as old as what they were made from.

Standard library only: the check needs neither Jupyter nor a database. The outputs carry, in the notebook's metadata, a
hash of what they show: the notebook's own code and the demonstrations that it imports, the stages that it starts
(`stage("04")`, or named in `metadata.course.stages`), and the bugs that it names. Of a module its code counts:
comments, docstrings, assertions and layout print nothing. Tests, lessons, versions and the rest of the course's own
code can change without making a notebook old.
"""

import ast
import hashlib
import json
import re
from pathlib import Path
from typing import Any

from course.machine.material.data import is_teaching, load
from course.machine.material.workspace import stage_files
from course.paths import ROOT
from course.stages import STAGES, Stage

FOLDER = ROOT / "notebooks"
DEMONSTRATIONS = ROOT / "course" / "teach" / "demonstrations"
IMPORTED = re.compile(r"^from course\.teach\.demonstrations import (?P<name>\w+)$", re.MULTILINE)
STARTED = re.compile(r"""\bstage\(\s*["'](?P<id>\w+)["']""")


def paths() -> list[Path]:
    """The notebooks, in the order of their names, which is the course's."""
    return sorted(FOLDER.glob("*.ipynb"))


def read(path: Path) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def code(notebook: dict[str, Any]) -> list[str]:
    """The sources of the code cells. A file may hold them as one string or as a list of lines."""
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


def stages(notebook: dict[str, Any]) -> list[Stage]:
    """The stages that the notebook shows."""
    named = set(notebook["metadata"].get("course", {}).get("stages", []))
    named |= {match["id"] for cell in code(notebook) for match in STARTED.finditer(cell)}
    return [stage for stage in STAGES if stage.id in named]


def made_from(notebook: dict[str, Any]) -> str:
    """The hash of all that the outputs depend on."""
    cells = code(notebook)
    parts = [json.dumps(cells)]
    parts += [_hash(DEMONSTRATIONS / f"{match['name']}.py") for cell in cells for match in IMPORTED.finditer(cell)]
    for stage in stages(notebook):
        for file in stage_files(stage.folder):
            if file.endswith(".py") and not is_teaching(file) and not file.startswith("tests/"):
                parts.append(f"{stage.id} {file} {_hash(stage.folder / file)}")
        if (stage.folder / "bugs.toml").exists():
            for bug in load(stage.folder).bugs:
                if any(f'"{bug.id}"' in cell for cell in cells):
                    parts.append(repr(bug.substitutions))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _hash(path: Path) -> str:
    return hashlib.sha256(repr(_code(ast.parse(path.read_bytes()))).encode()).hexdigest()


def _code(node: Any) -> Any:
    """A syntax tree as tuples, without docstrings and assertions. `ast.dump` differs between versions of Python."""
    if isinstance(node, list):
        return tuple(_code(each) for each in node if not _is_silent(each))
    if not isinstance(node, ast.AST):
        return node
    fields = ((name, _code(value)) for name, value in ast.iter_fields(node))
    return type(node).__name__, *((name, value) for name, value in fields if value not in (None, ()))


def _is_silent(node: Any) -> bool:
    return isinstance(node, ast.Assert) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def is_stale(path: Path) -> bool:
    """Were the stored outputs made from something else than what is there now, or are there none?"""
    notebook = read(path)
    return bool(notebook["metadata"].get("course", {}).get("made_from") != made_from(notebook))
