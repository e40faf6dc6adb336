"""The check of the notebooks can fail: for a finding that does not hold, a warning, and whatever is left behind."""

import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from course.errors import CourseError
from course.machine import embedded
from course.teach.notebooks import jupyter, running, sources


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in jupyter.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TMPDIR", "")
    monkeypatch.setattr(sources, "FOLDER", tmp_path)


def notebook(folder: Path, *cells: str) -> Path:
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    path = folder / "sample.ipynb"
    path.write_text(nbformat.writes(made), encoding="utf-8")
    return path


def test_a_finding_that_does_not_hold_is_told(tmp_path: Path) -> None:
    path = notebook(tmp_path, "slow, quick = 10, 9", "assert slow > 10 * quick, 'not ten times apart'")
    with pytest.raises(CourseError, match=r"sample\.ipynb: (?s:.*)AssertionError: not ten times apart"):
        running.run(path)


def test_a_warning_is_told(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="warns: look out"):
        running.run(notebook(tmp_path, "import sys; print('look out', file=sys.stderr)"))


@pytest.mark.parametrize("file", ["left.txt", "{tempfile.gettempdir()}/left.txt"])
def test_a_file_that_is_left_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    monkeypatch.setattr(running, "END_SECONDS", 0.5)
    path = notebook(tmp_path, f"import pathlib, tempfile\npathlib.Path(f'{file}').touch()")
    with pytest.raises(CourseError, match=r"has left behind: .*left\.txt"):
        running.run(path)


def test_a_stage_that_the_last_cell_does_not_end_is_told_and_ended_all_the_same(tmp_path: Path) -> None:
    path = notebook(tmp_path, "from course.teach import stage", "app = await stage('04')")
    with embedded.leased(), pytest.raises(CourseError, match="its last cell does not end what the notebook"):
        running.run(path)


def test_a_cell_that_cant_be_run_again_is_found_by_running_it_twice(tmp_path: Path) -> None:
    path = notebook(tmp_path, "rows = []", "rows.append(1)\nassert len(rows) == 1", "'the end'")
    running.run(path)
    with pytest.raises(CourseError, match="AssertionError"):
        running.run(path, twice=True)


def said(folder: Path, text: str) -> tuple[Path, Any]:
    """A notebook, and what it is after a run in which its cell has said this."""
    path = notebook(folder, "1")
    run = nbformat.read(path, as_version=4)
    run.cells[0].outputs = [nbformat.v4.new_output("stream", text=text)]
    return path, run


def test_what_is_stored_tells_nothing_of_this_machine(tmp_path: Path) -> None:
    path = notebook(tmp_path, "print(1 + 1)", "1 + 1")
    running.store(path, running.run(path))
    stored = nbformat.read(path, as_version=4)
    assert set(stored.metadata) == {"course", "kernelspec", "language_info"}
    assert [cell.metadata for cell in stored.cells] == [{}, {}]
    assert not sources.is_stale(path)
    with pytest.raises(CourseError, match="an output names this machine"):
        running.store(*said(tmp_path, sys.prefix))


def test_the_section_that_a_cell_names_is_stored_with_it(tmp_path: Path) -> None:
    path, run = said(tmp_path, "2")
    run.cells[0].metadata = nbformat.from_dict({"course": {"section": "4.5"}, "trusted": True})
    running.store(path, run)
    assert nbformat.read(path, as_version=4).cells[0].metadata == {"course": {"section": "4.5"}}


def test_what_is_too_large_is_not_stored(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="its outputs are too large"):
        running.store(*said(tmp_path, "x" * 500_000))
