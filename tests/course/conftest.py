"""Homes of the course for tests, and a sample stage of three steps and two bugs, copied anew for each test."""

import os
import re
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import machine
import pytest
from course_with_sample import sample_stage
from learning_tools import HERE, Result, in_process

from course import stages
from course.author import lesson_runner, warm
from course.learn import commands, overview
from course.machine import ladder
from course.machine.material import workspace as workspaces
from course.machine.material.testing import PLUGIN
from course.machine.material.workspace import Workspace
from course.machine.migrations import UPGRADE_AND_CHECK
from course.stages import Stage

RUNS = re.compile(re.escape(str(PLUGIN / "course_runs.py")))
OF_A_STAGE = re.compile(rf"-m (alembic|uvicorn) |-c (import json; from |{re.escape(UPGRADE_AND_CHECK)})")
collect_ignore = ["sample"]


@pytest.fixture(scope="session", autouse=True)
def heard_hangup() -> None:
    """Under nohup, SIGHUP is ignored by all that the tests start, unless they say otherwise first."""
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session", autouse=True)
def warm_runs() -> Iterator[None]:
    """The runs of a stage's tests, of which these tests need some hundred, import no pytest each."""
    with warm.pythons(RUNS, ["anyio.pytest_plugin", "json", "multiprocessing", "pytest"]):
        yield


@pytest.fixture(scope="module")
def warm_stage() -> Iterator[None]:
    """Servers and migrations of the stages, which this module starts again and again, import no libraries each."""
    with warm.pythons(OF_A_STAGE, lesson_runner.LIBRARIES):
        yield


@pytest.fixture(scope="session")
def shared_folder() -> Iterator[Path]:
    # Not one of pytest's own folders: these are closed to other users each time that a pytest starts, and where the
    # tests run as root, the database server is another user.
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        yield Path(folder).resolve()


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder."""
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        yield Path(folder).resolve()


@pytest.fixture
def home(shared_folder: Path) -> Iterator[machine.Home]:
    """A home that keeps its data from test to test, and where none leaves anything running."""
    with machine.quiet(machine.Home(shared_folder / "home")) as home:
        yield home


@pytest.fixture
def new_home() -> Iterator[machine.Home]:
    """A home where nothing has been made yet."""
    with machine.new_home() as home:
        yield home


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    with ladder.fresh_database() as url:
        yield url


@pytest.fixture
def sample(tmp_path: Path) -> Stage:
    folder = tmp_path / "sample"
    shutil.copytree(HERE / "sample", folder, ignore=shutil.ignore_patterns("__pycache__"))
    return sample_stage(folder)


@pytest.fixture
def workspace(sample: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace of the sample, just started."""
    monkeypatch.setenv("COURSE_WORKSPACE", str(tmp_path / "workspace"))
    workspace = Workspace(sample)
    workspace.start()
    return workspace


@pytest.fixture
def course(sample: Stage, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run the `course` command on the sample, in a workspace of its own, with nobody at the keyboard."""
    environment = {
        "SAMPLE_STAGE": str(sample.folder),  # for those who start it as a program of its own: see COURSE
        "COURSE_HOME": str(tmp_path / "home"),  # where nobody serves the site
        "COURSE_WORKSPACE": str(tmp_path / "workspace"),
        "COURSE_POSTGRES": "url",
        "DATABASE_URL": database_url,
        "NO_COLOR": "1",
        "COLUMNS": "100",
        "PYTHONUTF8": "1",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for module in (stages, commands, overview, workspaces):
        monkeypatch.setattr(module, "STAGES", (sample,))
    fresh = ladder.fresh_database

    def any_database(**how: Any) -> AbstractContextManager[str]:
        """The one that is there, since the sample uses none: to make one takes half of a command's time."""
        return nullcontext(database_url) if os.environ["DATABASE_URL"] == database_url else fresh(**how)

    monkeypatch.setattr(ladder, "fresh_database", any_database)
    return lambda *arguments: in_process(monkeypatch, *arguments)
