"""A stage that is served, and the tools that make clients of its OpenAPI document."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from not_run import not_run
from served import PATIENT, Served

from course import environment
from course.machine import ladder, ports
from course.machine.migrations import migrate
from course.stages import stage_by_id

HERE = Path(__file__).parent
STORIES = {"04": ["notes"], "05a": ["notes", "products"], "06": ["blog"]}


@dataclass(frozen=True)
class Api:
    """A stage that answers, its OpenAPI document, and the stories that are told of it."""

    url: str
    document: bytes
    stories: list[str]


def run(*command: object, cwd: Path) -> None:
    """Run a tool to its end. What it printed is the failure's text."""
    done = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, f"{command[0]} exits with {done.returncode}:\n{done.stdout}{done.stderr}"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--tools", type=Path, required=True, help="the environment's folder with openapi-python-client")


@pytest.fixture(scope="session")
def tools(pytestconfig: pytest.Config) -> Path:
    """The folder of the Python tools' programs."""
    folder: Path = pytestconfig.getoption("--tools")
    return folder


@pytest.fixture(scope="session")
def node(pytestconfig: pytest.Config) -> Path:
    """A folder below which Node finds the packages of package.json, fetched once."""
    npm = shutil.which("npm")
    if npm is None:
        not_run("there is no npm", "install Node.js 20 or newer")
    folder = pytestconfig.cache.mkdir("clients")
    wanted, fetched = HERE / "package.json", folder / "fetched.json"
    if not fetched.exists() or fetched.read_bytes() != wanted.read_bytes():
        shutil.copy(wanted, folder)
        run(npm, "install", "--no-package-lock", "--no-audit", "--no-fund", cwd=folder)
        shutil.copy(wanted, fetched)
    return folder


@pytest.fixture(scope="module", params=STORIES)
def api(request: pytest.FixtureRequest) -> Iterator[Api]:
    """The stage, on a port of this machine and a database of its own."""
    stage = stage_by_id(request.param)
    with (
        ladder.server() as found,
        ladder.fresh_database(found) as database_url,
        ports.reserved(ports.FIRST_PORT + 70) as port,
        Served(stage, port, database_url) as served,
    ):
        served.env |= PATIENT | {"BCRYPT_ROUNDS": "4"}
        migrate(stage, served.env)
        served.start()
        document = environment.request("GET", f"{served.url}/openapi.json").content
        yield Api(served.url, document, STORIES[stage.id])
