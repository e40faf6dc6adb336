"""The course on machines that are not clean: each row of the table works, or ends in one sentence with the fix."""

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import probes
import pytest
from not_run import not_run
from table import MACHINES, OF_ROOT, WORKS, Machine

from course.teach import lab

POSIX = os.name == "posix"
SETTINGS = {
    ".gitconfig": "[commit]\n gpgsign = true\n[core]\n hooksPath = ~/hooks\n autocrlf = true\n[color]\n ui = always\n"
    "[init]\n defaultBranch = course\n templateDir = /nowhere\n[user]\n useConfigOnly = true\n",
    "hooks/pre-commit": "#!/bin/sh\nexit 1\n",
    ".docker/config.json": "no JSON",
    ".netrc": "no netrc",
    ".psqlrc": "\\set ON_ERROR_STOP on\n\\pset format html\n\\nonsense\n",
    ".pgpass": "nonsense\n",
    ".pg_service.conf": "nonsense",
    ".config/pip/pip.conf": "[global]\nuser = true\nrequire-virtualenv = true\nconstraint = /nowhere\n"
    "[install]\ntarget = ~/elsewhere\nno-binary = :all:\ndry-run = true\nrequire-hashes = true\nroot = ~/root\n",
    ".pydistutils.cfg": "[install]\nprefix = /nowhere\n",
}
PROJECT = {
    "conftest.py": "raise SystemExit('another conftest')\n",
    "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--nonsense'\n[tool.ruff]\nnonsense = 1\n",
    "pytest.ini": "[pytest]\naddopts = --nonsense\n",
}
TRACES = ("Traceback", "Exception ignored", "SyntaxWarning", "DeprecationWarning")


def prepared(folder: Path, row: Machine) -> dict[str, str]:
    """What a row's values name, made where it is used."""
    there = {"folder": str(folder), "gone": str(folder / "gone")}
    used = "".join(row.variables.values())
    if "{modules}" in used:
        there["modules"] = str(folder)
        for name in ("typer", "httpx", "uvicorn", "tomllib", "typing_extensions"):
            (folder / f"{name}.py").write_text(f"raise SystemExit('another {name}')\n", encoding="utf-8")
        packages = folder / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"  # PYTHONUSERBASE's
        packages.mkdir(parents=True)
        for name in ("usercustomize", "pip", "venv"):
            (packages / f"{name}.py").write_text("import sys; print('mine', file=sys.stderr)\n", encoding="utf-8")
    if "{libraries}" in used:
        there["libraries"] = str(folder)
        (folder / "libpq.so.5").write_bytes(b"no library")
    if "{file}" in used:
        there["file"] = str(folder / "file")
        (folder / "file").touch()
    if "{settings}" in used:
        there["settings"] = str(folder / "home")
        for name, text in SETTINGS.items():
            (folder / "home" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "home" / name).write_text(text, encoding="utf-8")
        (folder / "home" / "hooks" / "pre-commit").chmod(0o755)
        (folder / "home" / ".pgpass").chmod(0o600)
    if "{readable}" in used:
        there["readable"] = str(folder)
        (folder / ".pgpass").write_text("db:5432:x:me:secret\n", encoding="utf-8")
        (folder / ".pgpass").chmod(0o644)
    if "{project}" in used:
        there["project"] = str(folder / "project")
        (folder / "project").mkdir()
        for name, text in PROJECT.items():
            (folder / "project" / name).write_text(text, encoding="utf-8")
    if "{no_git}" in used:
        there["no_git"] = str(folder)
        for name in ("sh", "uname", "env"):
            if found := shutil.which(name):
                (folder / name).symlink_to(found)
    (folder / "a b").mkdir(exist_ok=True)
    return {name: value.format(**there) for name, value in row.variables.items()}


@pytest.mark.parametrize("row", [pytest.param(row, id=row.odd) for row in MACHINES if POSIX or not row.before])
def test_a_machine(row: Machine, clean: dict[str, str], served: dict[str, str], folder: Path) -> None:
    try_on(row, clean, served, folder)


@pytest.mark.parametrize("row", [pytest.param(row, id=row.odd) for row in OF_ROOT])
def test_a_machine_that_root_makes(row: Machine, clean: dict[str, str], served: dict[str, str], folder: Path) -> None:
    if not is_root():
        not_run("only root makes such a machine, on Linux", "`course test machines` asks sudo to call this test")
    try_on(row, clean, served, folder)


@cache
def is_root() -> bool:
    """Is this a root of Linux who may make namespaces? One in a container may be none."""
    return POSIX and subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode == 0


def try_on(row: Machine, clean: dict[str, str], served: dict[str, str], folder: Path) -> None:
    if row.tried == "lab":
        lab.install()  # where there is a network: a row is about the lab's start
    workspace = {"COURSE_WORKSPACE": str(folder / "workspace")}
    env = {**clean, **workspace, **prepared(folder, row)}
    for name in row.without:
        env.pop(name, None)
    place = probes.Place(env, served, row.before.replace("{folder}", str(folder)))
    probe: probes.Probe = getattr(probes, row.tried)
    if row.sees == WORKS:
        output = probe(place)
    else:
        with pytest.raises(AssertionError) as failed:
            raise AssertionError(probe(place))
        output = str(failed.value)
        assert re.search(row.sees, output.replace("\n", " ")), output
    assert not [trace for trace in TRACES if trace in output], output
