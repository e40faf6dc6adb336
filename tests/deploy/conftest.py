"""A rehearsed deployment that the tests share."""

import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from served import PATIENT

from course.author import lesson_runner, warm
from course.deploy.rehearsal.load import RATE
from course.deploy.rehearsal.versions import LAYERS, layer_of
from course.machine import ladder, processes
from course.paths import ROOT
from course.stages import CAPSTONE

COURSE = [sys.executable, "-m", "course"]
CHEAP = {"BCRYPT_ROUNDS": "9"}  # an eighth of what it is worth: enough to see whether a hash holds others up
SET = [word for name, value in (CHEAP | PATIENT).items() for word in ("--set", f"{name}={value}")]
FEW = {RATE: "60"}  # a quarter of the public, where test_rehearsal.py has asked already that none of it is lost
SERVED = "Served at "
COUNTED = r"^[\d,]+ requests in \d+ s \((?P<rate>\d+) a second\), failed: (?P<failed>\d+)\.$"
STOP_SECONDS = 60


@dataclass(frozen=True)
class Rehearsed:
    """A rehearsal that went well and serves on."""

    output: str
    url: str


def course(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run the course's command to its end."""
    return subprocess.run(
        [*COURSE, *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def read(run: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    """The report of `--json`."""
    assert run.stdout, run.stderr
    return json.loads(run.stdout)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--packages", help="the folder with the packages of the group `deploy`, if they are elsewhere")


def pytest_configure(config: pytest.Config) -> None:
    if folder := config.getoption("--packages"):
        sys.path.append(folder)


@pytest.fixture(scope="session", autouse=True)
def warm_programs() -> Iterator[None]:
    """The course's commands, the suites that they run, and servers of the course import no libraries each.

    What a rehearsal deploys has a Python of its own. `alembic check` prints where Alembic was imported.
    """
    with warm.pythons(re.compile(r"-m (alembic (upgrade|revision)|course|pytest|uvicorn) "), lesson_runner.LIBRARIES):
        yield


def fresh_database() -> AbstractContextManager[str]:
    """The URL of a new database beside the tests' own."""
    return ladder.fresh_database(ladder.Server("url", os.environ["DATABASE_URL"], "deploy"))


@pytest.fixture(scope="session")
def migrated() -> Iterator[str]:
    """A migrated database that deployments share: what is broken in them is never in the tables."""
    with fresh_database() as url:
        command = [sys.executable, "-m", "alembic", "upgrade", "head"]
        env = {**os.environ, "DATABASE_URL": url, "JWT_SECRET": "of the migrations alone, 32 bytes or more"}
        subprocess.run(command, cwd=CAPSTONE.folder, env=env, check=True, capture_output=True)
        yield url


@pytest.fixture(scope="session")
def layers(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with the layer that most rehearsals take: the course's own environment, which has the same packages.

    That a host builds one from the requirements alone, test_rehearsal.py asks.
    """
    folder = tmp_path_factory.mktemp("layers")
    layer = layer_of(ROOT, folder)
    layer.mkdir()
    shutil.copy(ROOT / "requirements.txt", layer)
    (layer / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    return str(folder)


@pytest.fixture(scope="session")
def built_layers(pytestconfig: pytest.Config) -> str:
    """A folder of layers: the first rehearsal builds one, as the host does, and the next takes it, as the host does.

    It is kept until the requirements change or pytest's cache is cleared: to build takes longer than all the rest.
    """
    assert pytestconfig.cache
    return str(pytestconfig.cache.mkdir(f"layers-{platform.python_version()}"))


def requirements(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]


def lend_layer(layers: Path, folder: Path) -> None:
    """Let a repository have the environment that was built for another's equal requirements: pip takes 10 s for one."""
    mine = layer_of(folder, layers)
    for other in layers.glob("*/requirements.txt"):
        if not mine.exists() and requirements(other) == requirements(folder / other.name):
            mine.mkdir()
            shutil.copy(other, mine)
            (mine / ".venv").symlink_to(other.with_name(".venv"), target_is_directory=True)


@contextmanager
def rehearsal(layers: str, folder: Path, *options: str) -> Iterator[Rehearsed]:
    """A rehearsal of a repository, which serves on inside the block."""
    lend_layer(Path(layers), folder)
    command = [*COURSE, "rehearse", str(folder), "--keep", *options, *SET]
    env = {**os.environ, LAYERS: layers, **FEW}
    with subprocess.Popen(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, encoding="utf-8", **processes.apart()
    ) as process:
        assert process.stdout
        lines = []
        try:
            for line in process.stdout:
                lines.append(line)
                if line.startswith(SERVED):
                    break
            assert lines, "the rehearsal said nothing"
            assert lines[-1].startswith(SERVED), "".join(lines)
            yield Rehearsed("".join(lines), lines[-1].removeprefix(SERVED).split()[0])
        finally:
            processes.end(process, signum=signal.SIGINT, grace=STOP_SECONDS)
