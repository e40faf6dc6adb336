"""A clone of the repository with the real set-up, and next to nothing to install."""

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

from machine import SLOWS_DOWN, run

from course.paths import ROOT

USED_FILES = ("__init__.py", "__main__.py", "environment.py", "errors.py", "paths.py")
USED_FILES += tuple(f"machine/{name}.py" for name in ("__init__", "set_up", "processes", "reasons", "uv"))
BASE_PYTHON = getattr(sys, "_base_executable", sys.executable)

# A build backend that needs no package, so that a set-up in these tests is short: it installs the folder, editable.
BACKEND = """
import pathlib, zipfile


def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "course-1.0.0-py3-none-any.whl"
    info = "course-1.0.0.dist-info"
    files = {
        "course.pth": str(pathlib.Path.cwd()),
        f"{info}/METADATA": "Metadata-Version: 2.1\\nName: course\\nVersion: 1.0.0\\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\\n" for path in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(pathlib.Path(folder) / name, "w") as wheel:
        for path, text in files.items():
            wheel.writestr(path, text)
    return name
"""

PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]

[project]
name = "course"
version = "1.0.0"

[dependency-groups]
few = ["course"]
unknown = ["no-such-package @ file:///no/such/folder"]
"""

CLI = '''
"""What the real command line would be: it tells where it runs."""
import sys


def main() -> None:
    print("inside", sys.prefix, *sys.argv[1:], flush=True)
    sys.exit(7)
'''


class Clone:
    """A clone of the repository with the real set-up, and next to nothing to install."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.variables = variables  # of each call
        (folder / "course" / "machine").mkdir(parents=True)
        for name in USED_FILES:
            shutil.copy(ROOT / "course" / name, folder / "course" / name)
        (folder / "course" / "stages.py").write_text("STAGES = ()\n", encoding="utf-8")
        (folder / "course" / "cli.py").write_text(CLI, encoding="utf-8")
        (folder / "backend.py").write_text(textwrap.dedent(BACKEND), encoding="utf-8")
        (folder / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
        (folder / "constraints.txt").write_text("", encoding="utf-8")

    @property
    def environment(self) -> Path:
        return self.folder / ".venv"

    @property
    def python(self) -> Path:
        return self.environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def env(self, **extra: str) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if key not in SLOWS_DOWN}
        return {**kept, "HOME": str(self.folder / "no-home"), **self.variables, **extra}

    def run(self, *words: str, python: str | Path = BASE_PYTHON, **extra: str) -> "subprocess.CompletedProcess[str]":
        return run([python, "-m", "course", *words], cwd=self.folder, env=self.env(**extra))

    def works(self, result: "subprocess.CompletedProcess[str]", *words: str) -> bool:
        """Did the real command run inside the environment, with these words, and with its own exit code?"""
        told = " ".join(["inside", str(self.environment.resolve()), *words])
        return (result.stdout.strip(), result.returncode) == (told, 7)
