"""A workspace loses nothing: not by starting again, not by an update of the course, not by a reset."""

import codecs
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from learning_tools import change

from course.errors import CourseError
from course.machine.material.workspace import Workspace
from course.stages import Stage


def text(workspace: Workspace, file: str) -> str:
    return (workspace.folder / file).read_text(encoding="utf-8")


def pull(sample: Stage, old: str, new: str, file: str = "words.py") -> Workspace:
    """Change the stage as an update of the course does, and come back."""
    change(sample.folder / file, old, new)
    return Workspace(sample)


def test_a_fresh_workspace_has_the_app_and_its_tests_but_not_the_answers(workspace: Workspace):
    files = {path.relative_to(workspace.folder).as_posix() for path in workspace.folder.rglob("*") if path.is_file()}
    assert {file for file in files if not file.startswith(".git/")} == {
        *("pytest.ini", "requirements.txt", "text.py", "words.py", "tests/test_words.py"),
        *(".gitignore", ".vscode/settings.json", ".vscode/launch.json", ".vscode/extensions.json"),
    }
    assert text(workspace, "words.py").count("raise NotImplementedError") == 3


def test_starting_again_changes_nothing(workspace: Workspace, sample: Stage):
    change(workspace.folder / "words.py", "raise NotImplementedError", "return 'mine'  #")
    mine = text(workspace, "words.py")
    report = Workspace(sample).start()
    assert (report.fresh, report.written, report.behind) == (False, [], [])
    assert text(workspace, "words.py") == mine


def test_an_update_reaches_the_files_that_the_student_has_not_touched(workspace: Workspace, sample: Stage):
    report = pull(sample, "Counts over many texts.", "Counts over texts.").start()
    assert report.written == ["words.py"]
    assert "Counts over texts." in text(workspace, "words.py")


def test_an_update_leaves_the_students_own_files_alone_and_says_so(workspace: Workspace, sample: Stage):
    change(workspace.folder / "words.py", "Counts over many texts.", "Mine.")
    report = pull(sample, "Counts over many texts.", "Counts over texts.").start()
    assert (report.written, report.behind) == ([], ["words.py"])
    assert "Mine." in text(workspace, "words.py")
    assert Workspace(sample).start().behind == []


def test_progress_is_kept_when_steps_come_and_go_and_move(workspace: Workspace, sample: Stage):
    for step in workspace.learning.steps[:2]:
        workspace.state.of(step).passed = True
    workspace.progress.save()
    updated = pull(sample, 'id = "1.1"\nsection = "1.1"', 'id = "1.0"\nsection = "1.1"', file="steps.toml")
    assert [step.id for step in updated.state.passed(updated.learning)] == ["1.2a"]
    assert updated.state.bar(updated.learning).endswith("1 of 3 steps")
    updated.start()
    back = pull(sample, 'id = "1.0"', 'id = "1.1"', file="steps.toml")
    assert [step.id for step in back.state.passed(back.learning)] == ["1.1", "1.2a"]


def test_a_deleted_file_is_told_and_comes_back_with_start(workspace: Workspace, sample: Stage):
    (workspace.folder / "words.py").unlink()
    with pytest.raises(CourseError, match=r"words\.py is missing from your workspace.*course start sample"):
        workspace.source("words.py")
    assert Workspace(sample).start().written == ["words.py"]
    assert "step 1.2a" in text(workspace, "words.py")


def test_emptying_one_step_keeps_a_copy_and_touches_nothing_else(workspace: Workspace):
    first, second, third = workspace.learning.steps
    for step in (first, second, third):
        workspace.put_reference(step)
    written = text(workspace, "words.py")
    kept = workspace.put_empty(second)
    assert (kept / "words.py").read_text(encoding="utf-8") == written
    assert workspace.unwritten(second) == ["words.py:count"]
    assert workspace.unwritten(third) == []


def test_beginning_again_keeps_a_copy_of_everything_and_the_students_own_files(workspace: Workspace):
    workspace.put_reference(workspace.learning.steps[0])
    (workspace.folder / "notes.md").write_text("mine", encoding="utf-8")
    workspace.state.of(workspace.learning.steps[0]).passed = True
    kept = workspace.reset()
    assert (kept / "notes.md").read_text(encoding="utf-8") == "mine"
    assert "re.findall" in (kept / "text.py").read_text(encoding="utf-8")
    assert text(workspace, "notes.md") == "mine"
    assert workspace.unwritten(workspace.learning.steps[0])
    assert workspace.state.passed(workspace.learning) == []


def test_a_step_can_not_be_put_into_a_file_that_python_can_not_read_and_nothing_is_lost(workspace: Workspace):
    change(workspace.folder / "words.py", "def count(", "def count(((")
    mine = text(workspace, "words.py")
    with pytest.raises(CourseError, match=r"words\.py, because of a syntax error in line 8.*course reset sample"):
        workspace.put_empty(workspace.learning.steps[1])
    assert text(workspace, "words.py") == mine


def test_a_function_that_the_student_has_renamed_is_told(workspace: Workspace):
    change(workspace.folder / "words.py", "def count(", "def tally(")
    assert workspace.lost(workspace.learning.steps[1]) == ["words.py:count"]


def test_a_file_in_another_encoding_is_told(workspace: Workspace):
    (workspace.folder / "words.py").write_bytes("# caf\u00e9".encode("latin-1"))
    with pytest.raises(CourseError, match=r"words\.py:1: the file is not saved as UTF-8"):
        workspace.source("words.py")


@pytest.mark.parametrize("saved", [lambda text: text.replace(b"\n", b"\r\n"), lambda text: codecs.BOM_UTF8 + text])
def test_what_an_editor_adds_to_a_file_is_no_change_of_the_students(
    workspace: Workspace, sample: Stage, saved: Callable[[bytes], bytes]
):
    path = workspace.folder / "words.py"
    path.write_bytes(saved(path.read_bytes()))
    first = workspace.learning.steps[0]
    assert workspace.unwritten(first) == [str(name) for name in first.empty]
    assert pull(sample, "Counts over many texts.", "Counts over texts.").start().written == ["words.py"]


def test_a_damaged_progress_file_is_told_and_the_code_is_left_alone(workspace: Workspace, sample: Stage):
    workspace.progress.path.write_text("{", encoding="utf-8")
    with pytest.raises(CourseError, match=r"progress\.json is damaged; delete it"):
        Workspace(sample)
    assert workspace.folder.is_dir()


def test_a_stage_without_steps_can_not_be_started(sample: Stage, tmp_path: Path):
    (sample.folder / "steps.toml").unlink()
    with pytest.raises(CourseError, match="no steps to write; run it with: course run sample"):
        Workspace(sample, tmp_path / "workspace").start()


def test_what_tools_leave_behind_is_not_handed_out(sample: Stage, tmp_path: Path):
    (sample.folder / "__pycache__").mkdir()
    (sample.folder / "__pycache__" / "words.pyc").touch()
    (sample.folder / ".env").write_text("JWT_SECRET=mine", encoding="utf-8")
    shutil.copyfile(sample.folder / "pytest.ini", sample.folder / ".env.example")
    workspace = Workspace(sample, tmp_path / "workspace")
    workspace.start()
    assert (workspace.folder / ".env.example").exists()
    assert not (workspace.folder / ".env").exists()
    assert not (workspace.folder / "__pycache__").exists()
