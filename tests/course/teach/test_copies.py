"""A class works on copies of the notebooks: the clone stays as it is, and nothing that was written is lost."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from course.errors import CourseError
from course.paths import ROOT, from_here
from course.teach import copies
from course.teach.notebooks import sources

NAMES = [path.name for path in sources.paths()]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COURSE_WORKSPACE", str(tmp_path))
    return tmp_path / "notebooks"


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.ipynb"))}


def parsed(folder: Path) -> dict[str, Any]:
    return {name: json.loads(text) for name, text in contents(folder).items()}


def test_all_notebooks_are_copied_and_the_stored_ones_are_not_touched(folder: Path) -> None:
    before = contents(sources.FOLDER)
    assert copies.bring_up_to_date(fresh=False) == []
    assert contents(sources.FOLDER) == before
    copied, stored = parsed(folder), parsed(sources.FOLDER)
    assert copied == {name: copies.unseen(notebook) for name, notebook in stored.items()}
    assert [cell["source"] for each in copied.values() for cell in each["cells"]] == [
        cell["source"] for each in stored.values() for cell in each["cells"]
    ]


@pytest.mark.parametrize("slides", [False, True])
def test_no_answer_is_on_the_screen_before_it_is_asked_for(folder: Path, *, slides: bool) -> None:
    copies.bring_up_to_date(fresh=False, slides=slides)
    notebooks = parsed(folder.parent / "slides" if slides else folder).values()
    assert not [cell for each in notebooks for cell in each["cells"] if cell.get("outputs")]
    assert any(cell.get("outputs") for each in parsed(sources.FOLDER).values() for cell in each["cells"])


def test_what_a_class_has_written_stays(folder: Path) -> None:
    copies.bring_up_to_date(fresh=False)
    (folder / NAMES[0]).write_text("mine", encoding="utf-8")
    (folder / "own.ipynb").write_text("a new one", encoding="utf-8")
    assert copies.bring_up_to_date(fresh=False) == []
    assert (folder / NAMES[0]).read_text(encoding="utf-8") == "mine"
    assert (folder / "own.ipynb").exists()


def test_fresh_brings_the_stored_ones_back_and_keeps_what_was_written(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies.bring_up_to_date(fresh=False)
    (folder / NAMES[0]).write_text("mine", encoding="utf-8")
    (folder / NAMES[1]).unlink()
    (folder / "own.ipynb").write_text("a new one", encoding="utf-8")
    (told,) = copies.bring_up_to_date(fresh=True)
    kept = list((tmp_path / ".course" / "kept").rglob("*.ipynb"))
    assert [path.read_text(encoding="utf-8") for path in kept] == ["mine"]
    assert Path(NAMES[0]).stem in told
    assert Path(NAMES[1]).stem not in told
    assert from_here(kept[0].parent) in told
    brought_back = contents(folder)
    assert brought_back.pop("own.ipynb") == "a new one"
    (tmp_path / "workspace").mkdir()
    monkeypatch.setenv("COURSE_WORKSPACE", str(tmp_path / "workspace"))
    copies.bring_up_to_date(fresh=False)
    assert brought_back == contents(tmp_path / "workspace" / "notebooks")


def test_a_copy_of_an_older_notebook_is_named_with_the_command_that_renews_it(folder: Path) -> None:
    copies.bring_up_to_date(fresh=False)
    for name, made_from in (NAMES[0], "of an older course"), (NAMES[1], None):
        notebook = json.loads((folder / name).read_text(encoding="utf-8"))
        notebook["cells"] = []
        notebook["metadata"]["course"]["made_from"] = made_from or notebook["metadata"]["course"]["made_from"]
        (folder / name).write_text(json.dumps(notebook), encoding="utf-8")
    (told,) = copies.bring_up_to_date(fresh=False)
    assert Path(NAMES[0]).stem in told
    assert Path(NAMES[1]).stem not in told
    assert "course lab --fresh" in told


def test_a_copys_links_lead_to_files_of_the_clone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_WORKSPACE", str(ROOT / "workspace"))
    links = [
        link
        for path in sources.paths()
        for link in re.findall(r"\]\((\.[^)]+)\)", copies.linked(path.read_text(encoding="utf-8")))
    ]
    assert len(links) >= len(NAMES)
    assert [link for link in links if not Path(os.path.normpath(copies.folder() / link)).is_file()] == []
    assert copies.folder().is_relative_to(copies.served_from()), "JupyterLab can open neither"
    assert copies.served_from() == ROOT


def test_a_folder_that_can_not_be_written_is_told_in_one_sentence(folder: Path) -> None:
    folder.write_text("a file is in the way", encoding="utf-8")
    with pytest.raises(CourseError, match=r"can't be copied to .*notebooks \(.+\): set COURSE_WORKSPACE"):
        copies.bring_up_to_date(fresh=False)
