"""Plain `pytest` in a workspace, as an editor starts it: it finds a database, and leaves none behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from learning_tools import Result

from course.errors import CourseError
from course.machine import ladder
from course.machine.material.workspace import Workspace

ASKS = """
import os


def test_there_is_a_database():
    assert os.environ["DATABASE_URL"].partition("?")[0].endswith("_test")
    assert len(os.environ["JWT_SECRET"]) >= 32
    with open("url.txt", "w") as file:
        file.write(os.environ["DATABASE_URL"])
"""


def plain_pytest(folder: Path, **environment: str) -> Result:
    env = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "JWT_SECRET")}
    command = [sys.executable, "-m", "pytest", "-q", "tests/test_asks.py"]
    return subprocess.run(command, cwd=folder, env=env | environment, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(workspace: Workspace, database_url: str) -> Path:
    (workspace.folder / "tests" / "test_asks.py").write_text(ASKS, encoding="utf-8")
    return workspace.folder


def test_it_finds_a_database_which_goes_with_it(folder: Path):
    result = plain_pytest(folder, COURSE_POSTGRES="embedded")
    assert result.returncode == 0, result.stdout + result.stderr
    with pytest.raises(CourseError, match=r"a database that is not there|can't be reached"):  # or its server has ended
        ladder.execute((folder / "url.txt").read_text(encoding="utf-8"), "SELECT 1")


def test_one_that_is_given_is_used(folder: Path, database_url: str):
    assert plain_pytest(folder, DATABASE_URL=database_url).returncode == 0
    assert (folder / "url.txt").read_text(encoding="utf-8") == database_url


def test_that_there_is_none_is_one_sentence(folder: Path):
    result = plain_pytest(folder, COURSE_POSTGRES="url")
    assert result.returncode == 4
    assert "ERROR: COURSE_POSTGRES is url, but DATABASE_URL is not set" in result.stderr
    assert "Traceback" not in result.stderr + result.stdout


def test_elsewhere_nothing_is_set(folder: Path):
    (folder.parent / ".course" / "progress.json").unlink()
    assert "KeyError: 'DATABASE_URL'" in plain_pytest(folder).stdout
