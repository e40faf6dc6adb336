"""Steps that begin with code that works (`before/`), or with a draft: what is handed out, and what is written."""

from pathlib import Path

import pytest
from learning_tools import change

from course.errors import CourseError
from course.learn import layers
from course.machine.material.data import load
from course.machine.material.reading import says_the_same
from course.machine.material.workspace import Workspace, emptied
from course.stages import Stage, stage_by_id

BEFORE = '''"""Texts."""


def split(text: str) -> list[str]:
    """Cut."""
    return text.split()
'''


@pytest.fixture
def refactored(sample: Stage, tmp_path: Path) -> Workspace:
    """A workspace of the sample, whose first step begins with code that works."""
    (sample.folder / "before").mkdir()
    (sample.folder / "before" / "text.py").write_text(BEFORE, encoding="utf-8")
    workspace = Workspace(sample, tmp_path / "refactored")
    workspace.start()
    return workspace


def test_code_that_works_is_handed_out_in_place_of_an_empty_file(refactored: Workspace):
    assert (refactored.folder / "text.py").read_text(encoding="utf-8") == BEFORE
    assert not (refactored.folder / "before").exists()


def test_it_is_written_once_its_code_is_another_however_it_is_laid_out(refactored: Workspace):
    first = refactored.learning.steps[0]
    change(refactored.folder / "text.py", "text.split()", "(text.split())  # mine")
    assert refactored.unwritten(first) == ["text.py:split"]
    assert refactored.not_yet_refactored() == ["text.py"]

    change(refactored.folder / "text.py", "text.split()", "text.lower().split()")
    assert refactored.unwritten(first) == []
    assert refactored.not_yet_refactored() == []


def test_two_steps_may_write_in_one_such_file_each_its_own_definitions(sample: Stage):
    finished = (sample.folder / "words.py").read_text(encoding="utf-8")
    begun = finished.replace("split(text.lower())", "text.split()").replace("self.total += count(text)", "print(text)")
    (sample.folder / "before").mkdir()
    (sample.folder / "before" / "words.py").write_text(begun, encoding="utf-8")
    _, counting, tallying = load(sample.folder).steps

    assert emptied(sample.folder, (counting, tallying)) == {"words.py": begun}
    half_way = emptied(sample.folder, (tallying,))["words.py"]
    assert says_the_same(half_way, finished, "count")
    assert says_the_same(half_way, begun, "Tally")


def test_a_reset_brings_it_back(refactored: Workspace):
    (refactored.folder / "text.py").write_text("x = 1\n", encoding="utf-8")
    refactored.reset()
    assert (refactored.folder / "text.py").read_text(encoding="utf-8") == BEFORE


def test_code_to_be_refactored_belongs_to_a_step(sample: Stage):
    (sample.folder / "before").mkdir()
    (sample.folder / "before" / "nobody.py").write_text("", encoding="utf-8")
    with pytest.raises(CourseError, match=r"no step for before/nobody\.py"):
        load(sample.folder)


def test_a_file_that_is_drafted_is_not_handed_out_until_it_is_there(sample: Stage, tmp_path: Path):
    change(sample.folder / "steps.toml", 'empty = ["text.py:split"]', 'drafted = true\nempty = ["text.py"]')
    workspace = Workspace(sample, tmp_path / "drafted")
    workspace.start()
    step = workspace.learning.steps[0]
    assert not (workspace.folder / "text.py").exists()
    assert workspace.unwritten(step) == ["text.py"]

    (workspace.folder / "text.py").write_text(BEFORE, encoding="utf-8")
    assert workspace.unwritten(step) == []

    workspace.put_empty(step)
    assert workspace.unwritten(step) == ["text.py"]
    workspace.put_reference(step)
    assert workspace.unwritten(step) == []
    workspace.reset()
    assert not (workspace.folder / "text.py").exists()


def test_imports_are_judged_where_the_student_has_written(tmp_path: Path):
    workspace = Workspace(stage_by_id("05a"), tmp_path)
    workspace.start()
    notes = "app/routers/notes.py"
    assert notes in workspace.not_yet_refactored()
    assert layers.breach(workspace.folder, but_not_in=workspace.not_yet_refactored()) is None

    change(workspace.folder / notes, 'raise NotFound("Note not found")', 'raise NotFound("No such note")')
    wrong = layers.breach(workspace.folder, but_not_in=workspace.not_yet_refactored())
    assert wrong is not None
    assert wrong.place.file == workspace.folder / notes
    assert wrong.imported == "sqlalchemy.select"
    assert wrong.contract == "Routers leave SQL to the services"
