"""Names that the stage after does not take over: each stands in renames.toml, with what it became and why."""

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from course.machine.material.data import is_teaching
from course.machine.material.reading import names_of
from course.machine.material.workspace import read_source, stage_files
from course.paths import ROOT
from course.stages import Stage, stage_by_id

LIST = ROOT / "course" / "renames.toml"
NOT_THE_APP = ("tests", "migrations", "bench")


@dataclass(frozen=True)
class Rename:
    """A name of one stage, and what became of it in the next: another name, or nothing."""

    old: str
    new: str | None
    why: str


def read(path: Path = LIST) -> dict[tuple[str, str], list[Rename]]:
    """The list, by the ids of the two stages."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        (pair["from"], pair["to"]): [
            Rename(old, each.get("now"), each["why"]) for old, each in pair.get("names", {}).items()
        ]
        for pair in table["stages"]
    }


def public_names(stage: Stage) -> set[str]:
    """What the modules of a stage's app define: functions, classes and values."""
    files = [file for file in stage_files(stage.folder) if file.endswith(".py") and not is_teaching(file)]
    trees = [ast.parse(read_source(stage.folder / file)) for file in files if file.partition("/")[0] not in NOT_THE_APP]
    names = {name for tree in trees for statement in tree.body for name in names_of(statement)}
    return {name for name in names if not name.startswith("_")}


def problems(path: Path = LIST) -> Iterator[str]:
    """Names that are gone and not listed, and entries of the list that are not true."""
    for (old_id, new_id), listed in read(path).items():
        before, after = public_names(stage_by_id(old_id)), public_names(stage_by_id(new_id))
        known = {rename.old for rename in listed}
        for name in sorted(before - after - known):
            yield f"{path.name}: {name} of stage {old_id} is not in {new_id}: keep the name, or list it with the reason"
        for rename in listed:
            if rename.old not in before:
                yield f"{path.name}: stage {old_id} has no {rename.old}"
            elif rename.old in after:
                yield f"{path.name}: {rename.old} is in stage {new_id} as well: it needs no entry"
            if rename.new and rename.new not in after:
                yield f"{path.name}: stage {new_id} has no {rename.new}"


def table(old_id: str, new_id: str) -> str:
    """The list of two stages as a table for the lesson."""
    rows = ["| before | now | why |", "|---|---|---|"]
    for rename in read()[old_id, new_id]:
        rows.append(f"| `{rename.old}` | {f'`{rename.new}`' if rename.new else 'gone'} | {rename.why} |")
    return "\n".join(rows)
