"""The contracts on imports can fail: each is broken in a copy of a stage or of the course, and import-linter tells."""

import os
import re
import shutil
import subprocess
import tomllib
from itertools import count
from pathlib import Path

import pytest

from course.stages import STAGES, Stage

ROOT = Path(__file__).parents[2]
PYPROJECT = ROOT / "pyproject.toml"
CONTRACTS = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
LAYERED = [stage for stage in STAGES if stage.layered]
ROOMS = ROOT / "course" / "rooms.toml"

# By contract: a module that breaks it, the layer to which it is added, and what it imports.
BREACHES = {
    "Imports point one way: routers, then services, then models": [
        ("models", "app.services.{service}"),
        ("models", "app.routers.{router}"),
        ("services", "app.routers.{router}"),
        ("services", "app.main"),
    ],
    "Services and models know nothing of HTTP": [
        ("services", "fastapi"),
        ("services", "starlette.status"),
        ("models", "fastapi"),
        ("services", "{speaks_http}"),
    ],
    "Models know no schemas": [("models", "app.schemas.{schema}")],
    "Routers leave SQL to the services": [("routers", "sqlalchemy"), ("routers", "sqlalchemy.ext.asyncio")],
}


def lint(folder: Path, config: Path = PYPROJECT) -> subprocess.CompletedProcess[str]:
    """What import-linter says about the package in a folder."""
    command = shutil.which("lint-imports")
    assert command
    return subprocess.run(
        [command, "--config", str(config), "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def a_module(folder: Path) -> str:
    """The name of some module of a layer."""
    return next(path.stem for path in sorted(folder.glob("*.py")) if path.stem != "__init__")


def one_that_imports_fastapi(app: Path) -> str:
    """The name of some module beside the layers that speaks HTTP."""
    layers = {"routers", "services", "models", "schemas"}
    rooms = (path for path in sorted(app.glob("*/*.py")) if path.parent.name not in layers)
    found = next(path for path in rooms if "from fastapi" in path.read_text(encoding="utf-8"))
    return f"app.{found.parent.name}.{found.stem}"


def broken_copy(stage: Stage, tmp_path: Path) -> dict[str, list[str]]:
    """Copy the stage's app, with a module more for each breach; returns what each contract does not allow there."""
    app = tmp_path / "app"
    shutil.copytree(stage.folder / "app", app, ignore=shutil.ignore_patterns("__pycache__"))
    names = {
        "service": a_module(app / "services"),
        "router": a_module(app / "routers"),
        "schema": a_module(app / "schemas"),
        "speaks_http": one_that_imports_fastapi(app),
    }
    number = count()
    refused: dict[str, list[str]] = {}
    for contract, breaches in BREACHES.items():
        refused[contract] = []
        for layer, imported in breaches:
            module, name = f"breach_{next(number)}", imported.format(**names)
            (app / layer / f"{module}.py").write_text(f"import {name}\n", encoding="utf-8")
            # Of another package import-linter knows the name alone, not which of its modules was imported.
            known = name if name.startswith("app.") else name.partition(".")[0]
            refused[contract].append(f"app.{layer}.{module} -> {known}")
    return refused


def told_by_contract(output: str) -> dict[str, str]:
    """What import-linter says of each contract that is broken, by its name."""
    _, *parts = re.split(r"^(.+)\n-+\n", output.partition("Broken contracts")[2], flags=re.MULTILINE)
    return dict(zip(parts[::2], (" ".join(part.split()) for part in parts[1::2]), strict=True))


@pytest.mark.parametrize("stage", LAYERED, ids=lambda stage: stage.id)
def test_a_stage_keeps_every_contract(stage: Stage) -> None:
    result = lint(stage.folder)
    assert result.returncode == 0, result.stdout
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in result.stdout


@pytest.mark.parametrize("stage", LAYERED, ids=lambda stage: stage.id)
def test_each_contract_that_is_broken_is_named_with_each_breach(stage: Stage, tmp_path: Path) -> None:
    refused = broken_copy(stage, tmp_path)
    result = lint(tmp_path)
    assert result.returncode == 1, result.stdout + result.stderr
    told = told_by_contract(result.stdout)
    assert told.keys() == refused.keys()
    for contract, imports in refused.items():
        assert [each for each in imports if f"{each} " not in told[contract]] == [], told[contract]


def test_every_contract_has_its_breach() -> None:
    assert [contract["name"] for contract in CONTRACTS] == list(BREACHES)


def test_05a_needs_no_exception(tmp_path: Path) -> None:
    config = tmp_path / "strict.toml"
    lines = PYPROJECT.read_text(encoding="utf-8").splitlines()
    strict = [line for line in lines if not line.startswith("ignore_imports")]
    config.write_text("\n".join(strict), encoding="utf-8")
    [stage] = [stage for stage in STAGES if stage.id == "05a"]
    assert len(strict) < len(lines)
    assert lint(stage.folder, config).returncode == 0


def course_with(tmp_path: Path, modules: dict[str, str]) -> Path:
    """A folder with a copy of the course, and some modules more in it: by their names, what stands in them."""
    shutil.copytree(ROOT / "course", tmp_path / "course", ignore=shutil.ignore_patterns("__pycache__"))
    for module, text in modules.items():
        path = tmp_path.joinpath("course", *module.split(".")).with_suffix(".py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_the_course_keeps_its_rooms_apart() -> None:
    result = lint(ROOT, ROOMS)
    assert result.returncode == 0, result.stdout


def test_a_room_that_is_entered_from_another_is_named(tmp_path: Path) -> None:
    entered = {
        "teach.breach": "deploy.host_supervisor",
        "learn.breach": "author.lesson",
        "checks.breach": "cli",
        "machine.breach": "learn.http",
        "machine.material.breach": "checks.run",
        "demo.breach": "machine.ladder",
    }
    modules = {module: f"def later() -> None:\n    import course.{name}\n" for module, name in entered.items()}
    result = lint(course_with(tmp_path, modules), ROOMS)
    assert result.returncode == 1, result.stdout + result.stderr
    told = " ".join(result.stdout.split())
    for module, name in entered.items():
        assert f"course.{module} -> course.{name}" in told, told


def test_a_room_without_a_place_in_the_house_is_named(tmp_path: Path) -> None:
    result = lint(course_with(tmp_path, {"attic.__init__": ""}), ROOMS)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "attic" in result.stdout
