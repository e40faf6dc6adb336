"""The learning loop is tried on a sample stage of three steps and two bugs, copied anew for each test."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from course.learning.database import base_database
from course.learning.workspace import Workspace
from course.stages import Stage

HERE = Path(__file__).parent
COURSE = (sys.executable, str(HERE / "course_with_sample.py"))
collect_ignore = ["sample"]


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    with base_database() as url:
        yield url


@pytest.fixture
def sample(tmp_path: Path) -> Stage:
    folder = tmp_path / "sample"
    shutil.copytree(HERE / "sample", folder, ignore=shutil.ignore_patterns("__pycache__"))
    return Stage(
        id="sample",
        path=str(folder),
        title="The sample",
        teaches="counting words",
        app="words:app",
        migrations=False,
        layered=False,
        typed=(),
    )


@pytest.fixture
def workspace(sample: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace of the sample, just started."""
    monkeypatch.setenv("COURSE_WORKSPACE", str(tmp_path / "workspace"))
    workspace = Workspace(sample)
    workspace.start()
    return workspace


@pytest.fixture
def course(
    sample: Stage, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the `course` command on the sample, in a workspace of its own, with nobody at the keyboard."""
    environment = {
        "SAMPLE_STAGE": str(sample.folder),
        "COURSE_WORKSPACE": str(tmp_path / "workspace"),
        "COURSE_POSTGRES": "url",
        "DATABASE_URL": database_url,
        "NO_COLOR": "1",
        "COLUMNS": "100",
        "PYTHONUTF8": "1",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str, answer: str | None = None) -> subprocess.CompletedProcess[str]:
        stdin = {"input": answer} if answer is not None else {"stdin": subprocess.DEVNULL}
        return subprocess.run(
            [*COURSE, *arguments],
            env=dict(os.environ),
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=120,
            **stdin,
        )

    return run
