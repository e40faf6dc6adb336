"""A workspace opens in an editor without a click, and plain pytest works in it."""

import json
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer

from course.cli import app
from course.machine import set_up
from course.machine.material.workspace import Workspace
from course.paths import ROOT

SETTINGS = {  # of the extensions Python and Python Debugger: a misspelt one is silently ignored
    *("python.defaultInterpreterPath", "python.testing.pytestEnabled", "python.testing.unittestEnabled"),
    *("python.testing.pytestArgs", "files.exclude"),
}
LAUNCH = {"name", "type", "request", "console", "justMyCode", "module", "args", "cwd", "subProcess", "purpose"}


def read(workspace: Workspace, name: str) -> Any:
    return json.loads((workspace.folder / ".vscode" / name).read_text(encoding="utf-8"))


def place(workspace: Workspace, text: str) -> Path:
    """Where the editor finds a path that begins at its folder."""
    return Path(text.replace("${workspaceFolder}", str(workspace.folder.resolve())))


def test_the_editor_finds_the_courses_python_and_the_tests(workspace: Workspace):
    settings = read(workspace, "settings.json")
    assert settings.keys() == SETTINGS
    found = place(workspace, settings["python.defaultInterpreterPath"])
    assert Path(os.path.normpath(found)) == set_up.PYTHON
    assert settings["python.testing.pytestEnabled"] is True
    assert all((workspace.folder / folder).is_dir() for folder in settings["python.testing.pytestArgs"])


def test_what_the_editor_launches_is_there(workspace: Workspace):
    launch = read(workspace, "launch.json")
    run, tests, one = launch["configurations"]
    assert all(each.keys() <= LAUNCH for each in (run, tests, one))
    command, *words = run["args"]
    options = typer.main.get_command(app).commands[command].params  # type: ignore[attr-defined]
    assert words == ["sample", "--workspace"]
    assert any("--workspace" in option.opts for option in options)
    assert place(workspace, run["cwd"]).resolve() == ROOT
    assert all(find_spec(each["module"]) for each in (run, tests))
    assert one["purpose"] == ["debug-test"]
