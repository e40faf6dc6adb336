"""The contract suites can fail: break each promise in `broken_promises.toml`, and the test that asks for it notices.

    pytest tests/contract/can_fail.py --stage 06

It has to be named to be run, since a suite that tests a stage does not test itself.
"""

import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from course.stages import stage_by_id

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Broken:
    """A change to a stage's code that breaks a promise."""

    promise: str
    stage: str
    file: str
    find: str
    replace: str
    caught_by: str

    def copy(self, stage_folder: Path, folder: Path) -> None:
        """Copy the stage, with the change made."""
        shutil.copytree(stage_folder, folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        file = folder / self.file
        text = file.read_text(encoding="utf-8")
        assert text.count(self.find) == 1, (
            f"{self.file} should hold this once, and holds it {text.count(self.find)} times: {self.find}"
        )
        file.write_text(text.replace(self.find, self.replace), encoding="utf-8", newline="\n")


BROKEN = [
    Broken(**each) for each in tomllib.loads((HERE / "broken_promises.toml").read_text(encoding="utf-8"))["broken"]
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    stage = metafunc.config.getoption("--stage")
    chosen = [each for each in BROKEN if each.stage == stage]
    metafunc.parametrize("broken", chosen, ids=lambda each: each.promise)


def test_a_broken_promise_is_noticed(broken: Broken, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    folder = tmp_path / "stage"
    broken.copy(pytestconfig.getoption("--stage-folder") or stage_by_id(broken.stage).folder, folder)
    command = [sys.executable, "-m", "pytest", "-q", "--tb=line", "-p", "no:cacheprovider"]
    command += [str(HERE / broken.caught_by), "--stage", broken.stage, f"--stage-folder={folder}"]
    run = subprocess.run(command, cwd=HERE.parents[1], capture_output=True, encoding="utf-8", check=False)
    assert run.returncode == pytest.ExitCode.TESTS_FAILED, run.stdout + run.stderr
    assert f"FAILED tests/contract/{broken.caught_by}" in run.stdout, run.stdout
