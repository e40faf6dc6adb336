"""The course in folders with names that are not plain: it is set up, serves, and checks there."""

from pathlib import Path

import linked
import probes
import pytest
from clone import Clone
from table import CHECKED, FOLDERS, REFUSED


@pytest.mark.parametrize("name", FOLDERS)
def test_a_set_up_in_a_folder(name: str, tmp_path: Path) -> None:
    clone = Clone(made(tmp_path, name))
    result = clone.run("run", "06")
    if name in REFUSED:
        assert result.stderr.splitlines()[-1] == f"course: {REFUSED[name].format(folder=clone.folder)}"
        return
    assert clone.works(result, "run", "06"), result.stderr + result.stdout
    again = clone.run()
    assert clone.works(again)
    assert again.stderr == "", "it is set up once"


@pytest.mark.parametrize("name", [each for each in FOLDERS if each not in REFUSED])
def test_a_stage_is_served_from_a_folder(name: str, tmp_path: Path, clean: dict[str, str]) -> None:
    place = whole(tmp_path, name, clean)
    probes.run_05a(place)
    if name in CHECKED:
        probes.check(place)


def made(tmp_path: Path, name: str) -> Path:
    """The folder, with what its name says of it."""
    if name != "a link":
        return tmp_path / name / "course"
    (tmp_path / "real" / "course").mkdir(parents=True)
    (tmp_path / name).symlink_to(tmp_path / "real", target_is_directory=True)
    return tmp_path / name / "course"


def whole(tmp_path: Path, name: str, clean: dict[str, str]) -> probes.Place:
    """A whole clone in the folder, whose course keeps its data there."""
    folder = made(tmp_path, name)
    python = linked.clone(folder.resolve())
    env = {key: value for key, value in clean.items() if key != "COURSE_HOME"}
    return probes.Place(env, {}, clone=folder, python=str(python))
