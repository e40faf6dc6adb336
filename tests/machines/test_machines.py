"""The course on machines that are not clean: each row of the table works, or ends in one sentence with the fix."""

import os
import re
import shutil
from pathlib import Path

import probes
import pytest
from table import MACHINES, WORKS, Machine

POSIX = os.name == "posix"
TRACES = ("Traceback", "Exception ignored", "SyntaxWarning", "DeprecationWarning")


def prepared(folder: Path, row: Machine) -> dict[str, str]:
    """What a row's values name, made where it is used."""
    there = {"folder": str(folder), "gone": str(folder / "gone")}
    used = "".join(row.variables.values())
    if "{modules}" in used:
        there["modules"] = str(folder)
        for name in ("typer", "httpx", "uvicorn", "tomllib", "typing_extensions"):
            (folder / f"{name}.py").write_text(f"raise SystemExit('another {name}')\n", encoding="utf-8")
    if "{libraries}" in used:
        there["libraries"] = str(folder)
        (folder / "libpq.so.5").write_bytes(b"no library")
    if "{file}" in used:
        there["file"] = str(folder / "file")
        (folder / "file").touch()
    if "{no_git}" in used:
        there["no_git"] = str(folder)
        for name in ("sh", "uname", "env"):
            if found := shutil.which(name):
                (folder / name).symlink_to(found)
    (folder / "a b").mkdir(exist_ok=True)
    return {name: value.format(**there) for name, value in row.variables.items()}


@pytest.mark.parametrize("row", [pytest.param(row, id=row.odd) for row in MACHINES if POSIX or not row.before])
def test_a_machine(row: Machine, clean: dict[str, str], served: dict[str, str], folder: Path) -> None:
    workspace = {"COURSE_WORKSPACE": str(folder / "workspace")}
    env = {**clean, **workspace, **prepared(folder, row)}
    for name in row.without:
        env.pop(name, None)
    place = probes.Place(env, served, row.before)
    probe: probes.Probe = getattr(probes, row.tried)
    if row.sees == WORKS:
        output = probe(place)
    else:
        with pytest.raises(AssertionError) as failed:
            raise AssertionError(probe(place))
        output = str(failed.value)
        assert re.search(row.sees, output.replace("\n", " ")), output
    assert not [trace for trace in TRACES if trace in output], output
