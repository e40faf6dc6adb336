"""What a workspace holds for git and for an editor: VS Code runs and debugs the app and its tests by these files."""

import json
import os
from pathlib import Path

from course.machine import set_up
from course.paths import ROOT
from course.stages import Stage

IGNORED = ".env\n__pycache__/\n*.py[co]\n.pytest_cache/\n.hypothesis/\n.coverage\n"


def files(stage: Stage, folder: Path) -> dict[str, str]:
    """The files by their paths in the workspace."""
    settings = {
        "python.defaultInterpreterPath": _from(folder, set_up.PYTHON),
        "python.testing.pytestEnabled": True,
        "python.testing.unittestEnabled": False,
        "python.testing.pytestArgs": ["tests"],
        "files.exclude": {"**/__pycache__": True, "**/.pytest_cache": True},
    }
    debugged = {"type": "debugpy", "request": "launch", "console": "integratedTerminal", "justMyCode": True}
    app = {
        "name": "Run the app",
        **debugged,
        "module": "course",
        "args": ["run", stage.id, "--workspace"],
        "cwd": _from(folder, ROOT),
        "subProcess": True,
    }
    tests = {"name": "Debug the tests of this file", **debugged, "module": "pytest", "args": ["${file}", "-x"]}
    one = {"name": "Debug one test", **debugged, "purpose": ["debug-test"]}  # from the view of tests
    return {
        ".gitignore": IGNORED,
        ".vscode/settings.json": _json(settings),
        ".vscode/launch.json": _json({"version": "0.2.0", "configurations": [app, tests, one]}),
        ".vscode/extensions.json": _json({"recommendations": ["ms-python.python", "ms-python.debugpy"]}),
    }


def _from(folder: Path, path: Path) -> str:
    """A path as the editor finds it that has opened the folder, also after the whole clone was moved."""
    try:
        return "${workspaceFolder}/" + Path(os.path.relpath(path, folder.resolve())).as_posix()
    except ValueError:  # Windows: on another drive
        return path.as_posix()


def _json(value: object) -> str:
    return json.dumps(value, indent=2) + "\n"
