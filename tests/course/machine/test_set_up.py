"""The first call on a machine that has nothing but Python: the environment is made, and repaired when it is broken."""

import ast
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from clone import BASE_PYTHON, Clone
from machine import eventually, start

from course.machine import uv
from course.paths import ROOT

# Whoever begins has no uv, and pip installs. What becomes of an environment is the same with either: with uv, where
# that is there, it is tried in half the time.
PROGRAMS = os.environ.get("PATH", os.defpath)
WITHOUT_UV = os.pathsep.join(each for each in PROGRAMS.split(os.pathsep) if not shutil.which("uv", path=each))
BY_PIP = {"PATH": WITHOUT_UV}
ENDLESS_BACKEND = """
import pathlib, time

pathlib.Path("installing").touch()
time.sleep(600)
"""


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone whose first call has been made."""
    clone = Clone(tmp_path_factory.mktemp("complete") / "clone", **BY_PIP)
    result = clone.run("run", "06")
    assert clone.works(result, "run", "06"), result.stderr
    assert "Setting up" in result.stderr
    return clone


@pytest.fixture(scope="module")
def by_uv(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables of a call that finds uv, where that is there; nothing else comes with it."""
    found = uv.program()
    if found is None:
        return BY_PIP
    folder = tmp_path_factory.mktemp("uv")
    shutil.copy(found, folder)
    return {"PATH": f"{folder}{os.pathsep}{WITHOUT_UV}", "UV_CACHE_DIR": str(folder / "cache")}


@pytest.fixture
def clone(complete: Clone, by_uv: dict[str, str]) -> Iterator[Clone]:
    """The complete clone, complete again after the test."""
    complete.variables = by_uv
    yield complete
    assert complete.works(complete.run())


def is_silent(result: "subprocess.CompletedProcess[str]") -> bool:
    return result.stderr == ""


def test_the_second_call_goes_straight_to_the_command(clone: Clone) -> None:
    result = clone.run("db", "url", "a word with spaces", "--", "*")
    assert clone.works(result, "db", "url", "a word with spaces", "--", "*")
    assert is_silent(result)


def test_a_call_from_inside_the_environment_stays_there(clone: Clone) -> None:
    result = clone.run("test", python=clone.python)
    assert clone.works(result, "test")
    assert is_silent(result)


def test_pins_that_a_pull_has_changed_are_installed_from_outside_and_inside(clone: Clone) -> None:
    for python in (Path(BASE_PYTHON), clone.python):
        pins = clone.folder / "constraints.txt"
        pins.write_text(pins.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
        result = clone.run(python=python)
        assert clone.works(result), result.stderr
        assert "up to date" in result.stderr


def add(clone: Clone, group: str) -> "subprocess.CompletedProcess[str]":
    program = f"from course.machine import set_up; set_up.add({group!r})"
    return subprocess.run(
        [clone.python, "-c", program], cwd=clone.folder, env=clone.env(), capture_output=True, encoding="utf-8"
    )


@pytest.mark.thorough
def test_what_few_calls_need_is_added_when_it_is_asked_for_once_and_again_for_new_pins(clone: Clone) -> None:
    for _ in range(2):
        assert "Adding the packages for few" in add(clone, "few").stderr
        assert is_silent(add(clone, "few"))
        assert is_silent(clone.run()), "the next call would set up anew"
        pins = clone.folder / "constraints.txt"
        pins.write_text(pins.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
        assert clone.works(clone.run())


@pytest.mark.thorough
def test_what_could_not_be_added_is_tried_again(clone: Clone) -> None:
    clone.variables = BY_PIP  # uv would hand it over to pip
    for _ in range(2):
        result = add(clone, "unknown")
        assert result.returncode != 0
        assert "/no/such/folder" in result.stderr


@pytest.mark.thorough
def test_a_folder_that_was_moved_is_set_up_anew(clone: Clone) -> None:
    before = clone.folder
    clone.folder = before.rename(before.with_name("moved"))
    result = clone.run()
    assert clone.works(result), result.stderr
    assert "Setting up" in result.stderr
    assert is_silent(clone.run())
    clone.folder = clone.folder.rename(before)


@pytest.mark.thorough
def test_an_environment_whose_python_is_gone_is_made_anew(clone: Clone) -> None:
    clone.python.unlink()
    result = clone.run()
    assert clone.works(result), result.stderr


@pytest.mark.thorough
def test_an_environment_of_a_python_that_was_removed_from_the_machine_is_made_anew(clone: Clone) -> None:
    config = clone.environment / "pyvenv.cfg"
    lines = config.read_text(encoding="utf-8").splitlines()
    gone = [f"home = {clone.folder / 'gone'}" if line.startswith("home") else line for line in lines]
    config.write_text("\n".join(gone), encoding="utf-8")
    result = clone.run()
    assert clone.works(result), result.stderr


@pytest.mark.thorough
def test_an_environment_that_the_student_has_made_is_used(clone: Clone) -> None:
    (clone.environment / "course-stamp").unlink()
    (clone.environment / "mine").touch()
    result = clone.run()
    assert clone.works(result), result.stderr
    assert (clone.environment / "mine").exists()


@pytest.mark.thorough
def test_an_interrupted_set_up_ends_with_one_line_and_is_repaired_by_the_next_call(tmp_path: Path) -> None:
    clone = Clone(tmp_path / "clone", **BY_PIP)
    good = (clone.folder / "backend.py").read_text(encoding="utf-8")
    (clone.folder / "backend.py").write_text(ENDLESS_BACKEND, encoding="utf-8")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    env = clone.env(**dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary)))
    with start([BASE_PYTHON, "-m", "course"], cwd=clone.folder, env=env) as call:
        eventually(lambda: (clone.folder / "installing").exists(), "pip is at it")
        assert call.stop(signal.SIGINT) == 128 + getattr(signal, "SIGBREAK", signal.SIGINT)
    assert not list(temporary.iterdir()), "pip has left something"
    assert "next call repairs it" in call.output
    assert "Traceback" not in call.output
    running = [word for each in psutil.process_iter(["cmdline"]) for word in each.info["cmdline"] or ()]
    assert not any(str(clone.environment) in word for word in running), "pip is still at it"
    (clone.folder / "backend.py").write_text(good, encoding="utf-8")
    assert clone.works(clone.run())
    assert is_silent(clone.run())


@pytest.mark.thorough
def test_two_first_calls_at_once_make_one_environment(tmp_path: Path, by_uv: dict[str, str]) -> None:
    clone = Clone(tmp_path / "clone", **by_uv)
    command = [BASE_PYTHON, "-m", "course", "run"]
    with (
        start(command, cwd=clone.folder, env=clone.env()) as first,
        start(command, cwd=clone.folder, env=clone.env()) as second,
    ):
        assert (first.ended(), second.ended()) == (7, 7)
    told = first.output + second.output
    assert told.count("Setting up") == 1
    assert told.count("waiting for it") == 1


def test_what_pip_objects_to_is_shown(tmp_path: Path) -> None:
    clone = Clone(tmp_path / "clone", **BY_PIP)
    (clone.folder / "constraints.txt").write_text("pip==0.0.0\n", encoding="utf-8")
    result = clone.run()
    assert result.returncode == 1
    assert "could not install what the course needs: Cannot install pip" in result.stderr
    assert len(result.stderr.splitlines()) <= 4, "the reason, and not a page"
    assert "Traceback" not in result.stderr


def test_a_python_without_pip_is_told_with_the_mend(tmp_path: Path) -> None:
    clone = Clone(tmp_path / "clone", **BY_PIP)
    for module in ("pip", "ensurepip"):  # a Python that is called here finds these first
        (clone.folder / f"{module}.py").write_text(f"raise ImportError('no {module}')\n", encoding="utf-8")
    result = clone.run()
    assert result.returncode == 1
    assert "no pip of version 22.3 or newer: install it (" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_python_that_is_too_old_is_told_in_one_sentence() -> None:
    pretend = "import sys; sys.version_info = (3, 9, 18); import course"
    result = subprocess.run(
        [sys.executable, "-c", pretend], cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    )
    assert result.returncode == 1
    assert "needs Python 3.11 or newer, and this is Python 3.9" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_an_old_python_can_read_the_file_that_tells_it_so() -> None:
    text = (ROOT / "course" / "__init__.py").read_text(encoding="ascii")
    nodes = {type(node) for node in ast.walk(ast.parse(text, feature_version=(3, 4)))}
    assert not nodes & {ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Match}, "syntax that Python 2 has not"


@pytest.mark.thorough
def test_a_link_to_another_environment_is_taken_away_and_what_it_leads_to_is_left_alone(
    clone: Clone, tmp_path: Path
) -> None:
    shutil.rmtree(clone.environment)
    (tmp_path / "mine").touch()
    clone.environment.symlink_to(tmp_path, target_is_directory=True)
    result = clone.run()
    assert clone.works(result), result.stderr
    assert "is a link to" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert not clone.environment.is_symlink()


def test_a_file_in_the_environments_place_is_told(tmp_path: Path) -> None:
    clone = Clone(tmp_path / "clone")
    clone.environment.touch()
    result = clone.run()
    assert (result.returncode, result.stderr.count("\n")) == (1, 2)
    assert ".venv is a file, and the course keeps its environment there: remove it" in result.stderr


def test_modules_of_the_users_shadow_none_of_the_courses(clone: Clone, tmp_path: Path) -> None:
    for name in ("tomllib", "pip", "venv"):
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit('another {name}')\n", encoding="utf-8")
    for python in (Path(BASE_PYTHON), clone.python):
        result = clone.run(python=python, PYTHONPATH=str(tmp_path), PYTHONWARNINGS="error")
        assert clone.works(result), result.stderr
        assert is_silent(result)


@pytest.mark.thorough
def test_there_is_no_stamp_before_all_can_be_imported(tmp_path: Path) -> None:
    clone = Clone(tmp_path / "clone", **BY_PIP)
    project = clone.folder / "pyproject.toml"
    good = project.read_text(encoding="utf-8")
    project.write_text(good.replace('version = "1.0.0"', 'version = "1.0.0"\ndependencies = ["no-where"]'), "utf-8")
    for _ in range(2):
        result = clone.run()
        assert result.returncode == 1
        assert "one can't be imported (no-where: PackageNotFoundError" in result.stderr
        assert "Traceback" not in result.stderr
    project.write_text(good, encoding="utf-8")
    assert clone.works(clone.run())


@pytest.mark.thorough
def test_an_environment_with_a_package_that_is_gone_is_made_anew_but_not_for_ever(clone: Clone) -> None:
    cli = clone.folder / "course" / "cli.py"
    good = cli.read_text(encoding="utf-8")
    cli.write_text(good.replace("import sys\n", "import sys\n\nimport pip\n"), "utf-8")
    assert is_silent(clone.run())
    [package] = clone.environment.glob("**/site-packages/pip")
    shutil.rmtree(package)
    result = clone.run()
    assert clone.works(result), result.stderr
    assert ".venv is broken (No module named 'pip'): it is made anew." in result.stderr
    assert is_silent(clone.run())
    cli.write_text("import nobody_has_this\n", encoding="utf-8")
    result = clone.run()
    assert result.stderr.count("made anew") == 1, "it would go on for ever"
    cli.write_text(good, encoding="utf-8")


@pytest.mark.skipif(os.name == "nt", reason="there is no such mode on Windows")
def test_an_environment_whose_python_cannot_be_started_is_made_anew(clone: Clone) -> None:
    clone.python.unlink()
    clone.python.write_bytes(b"\x00 no program")
    clone.python.chmod(0o755)
    result = clone.run()
    assert clone.works(result), result.stderr
    assert ".venv is broken (its Python can't be started: Exec format error)" in result.stderr
