"""No notebook shows outputs that are older than what they were made from. Needs neither Jupyter nor a database."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from course.stages import STAGES, stage_by_id
from course.teach.notebooks import sources

CELL_LINES = 20  # what the last row can read before the next cell comes
PLOT_LINES = 2
CODE = ['app = await stage("04")\n', 'naive = await stage("04", bug="timing-oracle")\n']


@pytest.mark.parametrize("path", sources.paths(), ids=lambda path: path.stem)
def test_stored_outputs_are_as_old_as_their_sources(path: Path) -> None:
    again = f"python -m course.teach.notebooks execute {path.stem}"
    assert not sources.is_stale(path), f"{path.name} or a stage that it shows has changed; run: {again}"


@pytest.mark.parametrize("path", sources.paths(), ids=lambda path: path.stem)
def test_a_stored_notebook_has_all_its_outputs_and_shows_no_failure(path: Path) -> None:
    cells = [cell for cell in sources.read(path)["cells"] if cell["cell_type"] == "code"]
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1))
    kinds = {output.get("name", output["output_type"]) for cell in cells for output in cell["outputs"]}
    assert kinds <= {"stdout", "display_data", "execute_result"}


@pytest.mark.parametrize("path", sources.paths(), ids=lambda path: path.stem)
def test_a_cell_of_code_is_read_at_a_glance_and_a_plot_has_a_cell_of_its_own(path: Path) -> None:
    for cell in sources.read(path)["cells"]:
        lines = "".join(cell["source"]).splitlines()
        assert cell["cell_type"] != "code" or len(lines) <= CELL_LINES, f"{len(lines)} lines: {lines[0]}"
        if any("image/png" in output.get("data", {}) for output in cell.get("outputs", [])):
            assert len(lines) <= PLOT_LINES, f"{len(lines)} lines besides a plot: {lines[0]}"
            assert len(cell["outputs"]) == 1, f"more than a plot: {lines[0]}"


def notebook(*code: str, **course: Any) -> dict[str, Any]:
    cells = [{"cell_type": "code", "source": text} for text in code]
    return {"cells": [{"cell_type": "markdown", "source": "words"}, *cells], "metadata": {"course": course}}


@pytest.fixture
def stage_04(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of stage 04 in place of the stage."""
    copy = tmp_path / "04"
    shutil.copytree(stage_by_id("04").folder, copy, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    monkeypatch.setattr(sources, "STAGES", [replace(stage, path=str(copy)) for stage in STAGES if stage.id == "04"])
    return copy


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_its_own_code_makes_a_notebook_old_and_its_text_does_not() -> None:
    before = sources.made_from(notebook(*CODE))
    assert sources.made_from(notebook(*CODE[:1])) != before
    assert sources.made_from(notebook(CODE[0], CODE[1] + "\n1 / 0")) != before
    other_words = notebook(*CODE)
    other_words["cells"][0]["source"] = "other words"
    assert sources.made_from(other_words) == before


def test_the_lines_of_a_cell_may_be_stored_apart() -> None:
    apart = notebook(*CODE)
    for cell in apart["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)
    assert sources.made_from(apart) == sources.made_from(notebook(*CODE))


def test_the_stages_code_makes_it_old_and_its_tests_lesson_versions_and_comments_do_not(stage_04: Path) -> None:
    before = sources.made_from(notebook(*CODE))
    change(stage_04 / "tests" / "test_notes.py", "import", "import  ")
    change(stage_04 / "README.md", "Module 4", "Module four")
    change(stage_04 / "requirements.txt", "fastapi~=", "fastapi>=")
    change(stage_04 / "core" / "auth.py", "\n\n\n", "\n\n\n# a comment\n")
    (stage_04 / "lesson" / "another-page.md").write_text("A page.\n", encoding="utf-8")
    assert sources.made_from(notebook(*CODE)) == before
    change(stage_04 / "core" / "auth.py", "CapacityLimiter(2)", "CapacityLimiter(3)")
    assert sources.made_from(notebook(*CODE)) != before


def test_a_bug_that_it_shows_makes_it_old_and_another_does_not(stage_04: Path) -> None:
    before = sources.made_from(notebook(*CODE))
    change(stage_04 / "bugs.toml", 'id = "oldest-first"', 'id = "newest-last"')
    change(stage_04 / "bugs.toml", 'replace = ".order_by(Note.id)"', 'replace = ""')
    assert sources.made_from(notebook(*CODE)) == before
    change(stage_04 / "bugs.toml", "# for nothing but the time that it takes", "# for nothing")
    assert sources.made_from(notebook(*CODE)) != before


def test_a_stage_that_only_the_metadata_name_counts_too(stage_04: Path) -> None:
    before = sources.made_from(notebook("1 + 1", stages=["04"]))
    assert before != sources.made_from(notebook("1 + 1"))
    change(stage_04 / "main_async.py", "FastAPI(", "FastAPI(debug=True, ")
    assert sources.made_from(notebook("1 + 1", stages=["04"])) != before


def test_its_own_demonstrations_make_it_old_and_anothers_do_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("notes", "layers"):
        (tmp_path / f"{name}.py").write_text("", encoding="utf-8")
    monkeypatch.setattr(sources, "DEMONSTRATIONS", tmp_path)
    importing = notebook("import json\nfrom course.teach.demonstrations import notes\n", *CODE)
    before = sources.made_from(importing)
    (tmp_path / "layers.py").write_text("print(1)", encoding="utf-8")
    (tmp_path / "notes.py").write_text('"""What it shows."""\nassert 1 + 1 == 2\n', encoding="utf-8")
    assert sources.made_from(importing) == before
    (tmp_path / "notes.py").write_text("print(1)", encoding="utf-8")
    assert sources.made_from(importing) != before


def test_the_courses_own_code_does_not_make_it_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hosted = notebook("blog = await hosted()", *CODE)
    before = sources.made_from(hosted)
    monkeypatch.setattr(sources, "ROOT", tmp_path)
    assert sources.made_from(hosted) == before


def test_a_notebook_without_outputs_is_old(tmp_path: Path) -> None:
    path = tmp_path / "new.ipynb"
    path.write_text(json.dumps(notebook(*CODE)), encoding="utf-8")
    assert sources.is_stale(path)
    path.write_text(json.dumps(notebook(*CODE, made_from=sources.made_from(notebook(*CODE)))), encoding="utf-8")
    assert not sources.is_stale(path)
