"""GitHub's workflow: well formed, and nothing but the commands that .ci/run uses."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORKFLOW = ROOT / ".github" / "workflows" / "ci.yml"
COMMAND = re.compile(r"^ +(?:- )?run: (.+)$", re.MULTILINE)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def actionlint(path: Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("actionlint")
    assert program, "actionlint is not installed: it comes with the dependency group `lint`"
    return subprocess.run(
        [program, "-no-color", str(path)], check=False, capture_output=True, text=True, encoding="utf-8"
    )


def test_its_steps_are_the_very_commands_of_ci_run():
    commands = [line for line in read(ROOT / ".ci" / "run").splitlines() if re.match(r"[^#]*python3 -m course", line)]
    assert commands
    assert COMMAND.findall(read(WORKFLOW)) == commands


def test_its_oldest_python_is_the_oldest_that_the_course_supports():
    oldest = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]["requires-python"].removeprefix(">=")
    assert f'python: ["{oldest}", ' in read(WORKFLOW)


def test_actionlint_finds_nothing_wrong_with_it():
    result = actionlint(WORKFLOW)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("runs-on: ", "run-on: ", "run-on"),
        ("ubuntu-latest", "ubuntu-newest", "ubuntu-newest"),
        ("matrix.postgres }}", "matrix.database }}", "database"),
        ("runner.os == 'Linux'", "runner.system == 'Linux'", "system"),
        ("cache-dependency-path", "cache-path", "cache-path"),
        ("  contents: read", "  content: read", "content"),
        ("pull_request:", "pull_requests:", "pull_requests"),
    ],
)
def test_actionlint_tells_what_is_wrong(tmp_path: Path, right: str, wrong: str, told: str):
    text = read(WORKFLOW)
    assert right in text
    broken = tmp_path / "ci.yml"
    broken.write_text(text.replace(right, wrong), encoding="utf-8")
    result = actionlint(broken)
    assert result.returncode == 1
    assert told in result.stdout
