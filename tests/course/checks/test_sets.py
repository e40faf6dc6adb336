"""No promise is lost: each session is in one set and says what it proves, and each test file is run by `--all`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import nox.registry
import pytest

import noxfile
from course.checks import sets
from course.machine.sessions import sessions
from course.paths import ROOT
from course.stages import STAGES

TEST_FOLDERS = [ROOT / "tests", *(stage.folder / "tests" for stage in STAGES)]
DATA = ROOT / "tests" / "course" / "sample"  # a stage of its own, on which the learning loop is tested


@dataclass(frozen=True)
class Pytest:
    """A call of pytest that a session makes."""

    of: str
    paths: tuple[Path, ...]
    ignored: tuple[Path, ...]
    markers: str

    def collects(self, file: Path) -> bool:
        return any(map(file.is_relative_to, self.paths)) and not any(map(file.is_relative_to, self.ignored))


@dataclass
class Recorder:
    """Stands in for nox's session, and runs nothing."""

    name: str
    scratch: Path
    python: object = None
    bin: str = "bin"
    cwd: Path = ROOT
    posargs: tuple[str, ...] = ()
    calls: list[Pytest] = field(default_factory=list)

    @contextmanager
    def chdir(self, folder: Path) -> Iterator[None]:
        self.cwd = folder
        yield
        self.cwd = ROOT

    def run(self, *command: object, **_: object) -> str:
        words = [str(word) for word in command]
        if "pytest" in words:
            words = words[words.index("pytest") + 1 :]
            after = dict(pairwise(words))
            ignored = (self.cwd / after["--ignore"],) if "--ignore" in words else ()
            named = {self.cwd / word for word in words if (self.cwd / word).exists()} - set(ignored)
            markers = after.get("-m", "")
            self.calls.append(Pytest(self.name, tuple(named) or (self.cwd / "tests",), ignored, markers))
        return "nothing"

    def create_tmp(self) -> str:
        return str(self.scratch)

    def install(self, *_: object, **__: object) -> None: ...
    def warn(self, *_: object) -> None: ...
    def log(self, *_: object) -> None: ...


def calls_of(name: str, scratch: Path) -> list[Pytest]:
    function: Any = nox.registry.get()[name]
    cases = [param.call_spec for param in getattr(function, "parametrize", None) or ()] or [{}]
    recorder = Recorder(name, scratch, python=function.python)
    for case in cases:
        function.func(recorder, **case)
    return recorder.calls


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Pytest]:
    """All that the sessions of `--all` ask of pytest."""
    monkeypatch.chdir(ROOT)
    return [call for name in sets.names(sets.QUICK, sets.REST) for call in calls_of(name, tmp_path)]


def test_each_session_is_in_exactly_one_set() -> None:
    assert {each.name for each in sessions()} == sets.PLACES.keys()
    assert {place.set for place in sets.PLACES.values()} == {sets.QUICK, sets.REST, sets.BY_NAME}


def test_nox_alone_runs_the_quick_set_too() -> None:
    assert noxfile.nox.options.sessions == sets.names(sets.QUICK)


@pytest.mark.parametrize("name", sets.PLACES)
def test_each_session_says_in_one_line_what_it_proves(name: str) -> None:
    told = nox.registry.get()[name].__doc__ or ""
    assert told.endswith(".")
    assert "\n" not in told


def test_each_test_file_is_run_by_a_session_of_all(calls: list[Pytest]) -> None:
    files = [file for folder in TEST_FOLDERS for file in folder.rglob("test_*.py") if not file.is_relative_to(DATA)]
    assert len(files) > 80
    assert [str(file.relative_to(ROOT)) for file in files if not is_run(file, calls)] == []


def is_run(file: Path, calls: list[Pytest]) -> bool:
    """Is every test of the file run, whatever its markers?"""
    markers = {call.markers for call in calls if call.collects(file)}
    return "" in markers or any(one == f"not {other}" for one, other in product(markers, repeat=2))


def test_a_file_that_no_session_names_and_one_that_a_marker_halves_are_found_out(calls: list[Pytest]) -> None:
    assert not is_run(ROOT / "tests" / "nowhere" / "test_nothing.py", calls)
    without = [call for call in calls if call.of != "course_thorough"]
    assert not is_run(ROOT / "tests" / "course" / "test_cli.py", without)
    assert is_run(ROOT / "tests" / "course" / "test_cli.py", calls)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.id)
def test_a_stages_tests_run_in_the_quick_set_and_once_more_with_nothing_but_its_own_requirements(
    stage: Any, calls: list[Pytest]
) -> None:
    assert {"stage", "alone"} <= {call.of for call in calls if call.collects(stage.folder / "tests" / "test_any.py")}


def test_the_contract_is_asked_in_process_on_the_wire_and_by_its_suite_of_breaches(calls: list[Pytest]) -> None:
    asked = {(call.of, call.markers) for call in calls if call.collects(ROOT / "tests" / "contract" / "test_auth.py")}
    assert {("contract", ""), ("contract", "wire"), ("alone", "")} <= asked
    assert "broken_promises" in {call.of for call in calls if call.collects(ROOT / "tests/contract/can_fail.py")}
