"""Whether a notebook's stored outputs are as old as what they were made from.

Standard library only: the check needs neither Jupyter nor a database. The outputs carry, in the notebook's metadata, a
hash of what they show: the notebook's own code, the stages that it starts (`stage("04")`, or named in
`metadata.course.stages`), and the bugs that it names. Tests, lessons and the course's own code, which serves and plots,
can change without making a notebook old.
"""

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
STARTED = re.compile(r"""\bstage\(\s*["'](?P<id>\w+)["']""")


def paths(folder: Path = FOLDER) -> list[Path]:
    """The notebooks, in the order of their names, which is the course's."""
    return sorted(folder.glob("*.ipynb"))


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
    for stage in stages(notebook):
        for file in stage_files(stage.folder):
            if not is_teaching(file) and not file.startswith("tests/"):
                content = (stage.folder / file).read_bytes().replace(b"\r\n", b"\n")
                parts.append(f"{stage.id} {file} {hashlib.sha256(content).hexdigest()}")
        if (stage.folder / "bugs.toml").exists():
            for bug in load(stage.folder).bugs:
                if any(f'"{bug.id}"' in cell for cell in cells):
                    parts.append(repr(bug.substitutions))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def is_stale(path: Path) -> bool:
    """Were the stored outputs made from something else than what is there now, or are there none?"""
    notebook = read(path)
    return bool(notebook["metadata"].get("course", {}).get("made_from") != made_from(notebook))
