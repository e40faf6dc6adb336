"""The course on machines that are not clean: each row of the table works, or ends in one sentence with the fix."""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import probes
import pytest
from machine import SET_BY_OTHERS, SLOWS_DOWN, Home, start
from table import MACHINES, WORKS, Machine

from course.machine import ports
from course.paths import ROOT

POSIX = os.name == "posix"
TRACES = ("Traceback", "Exception ignored", "SyntaxWarning", "DeprecationWarning")


@pytest.fixture(scope="session")
def shared() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="course-machines-") as folder:
        yield Path(folder).resolve()


@pytest.fixture(scope="session")
def clean(shared: Path) -> dict[str, str]:
    """The variables of a clean machine, whose course keeps its data for all rows."""
    kept = {name: value for name, value in os.environ.items() if name not in SET_BY_OTHERS | SLOWS_DOWN}
    return {**kept, "COURSE_HOME": str(shared / "home"), "COURSE_POSTGRES": "embedded", "NO_COLOR": "1"}


@pytest.fixture(scope="session")
def served(clean: dict[str, str]) -> Iterator[dict[str, str]]:
    """Stages that a clean machine serves, for the rows that are about a client."""
    with ExitStack() as stack:
        served = {}
        for stage_id in ("04", "05b"):
            command = [sys.executable, "-m", "course", "run", stage_id, "--port", str(ports.any_free())]
            call = stack.enter_context(start(command, cwd=ROOT, env=clean))
            served[stage_id] = call.until(probes.SERVED.pattern)[1]
            stack.callback(call.stop, 2)
        yield served
    assert Home(Path(clean["COURSE_HOME"])).is_quiet()


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
    if "{full}" in used:
        there["full"] = str(folder / "full")
    (folder / "a b").mkdir(exist_ok=True)
    return {name: value.format(**there) for name, value in row.variables.items()}


@pytest.mark.parametrize("row", [pytest.param(row, id=row.odd) for row in MACHINES if POSIX or not row.before])
def test_a_machine(row: Machine, clean: dict[str, str], served: dict[str, str], tmp_path: Path) -> None:
    workspace = {"COURSE_WORKSPACE": str(tmp_path / "workspace")}
    env = {**clean, **workspace, **prepared(tmp_path, row)}
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
