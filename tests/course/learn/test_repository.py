"""The workspace is the learner's own git repository: what the course changes is merged, nothing of theirs is lost."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from learning_tools import Result, change

from course.errors import CourseError
from course.machine import git as machine_git
from course.machine.material.workspace import Workspace
from course.stages import Stage

COUNT = 'raise NotImplementedError("step 1.2a: count words")'


def git(workspace: Workspace, *words: str) -> str:
    """Plain git, as the learner types it."""
    done = subprocess.run(["git", *words], cwd=workspace.folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def text(workspace: Workspace, file: str) -> str:
    return (workspace.folder / file).read_text(encoding="utf-8")


@pytest.fixture
def no_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_git, "program", lambda: None)


def test_a_new_workspace_is_a_repository_with_what_was_handed_out_on_a_branch_of_its_own(workspace: Workspace):
    assert git(workspace, "branch", "--format=%(refname:short)").split() == ["course", "main"]
    assert git(workspace, "symbolic-ref", "--short", "HEAD") == "main"
    assert git(workspace, "status", "--porcelain") == ""
    assert "words.py" in git(workspace, "ls-tree", "--name-only", "course")
    assert git(workspace, "rev-parse", "main") == git(workspace, "rev-parse", "course")


def test_what_both_have_changed_in_other_lines_is_merged_into_one_file_and_a_commit(
    workspace: Workspace, sample: Stage
):
    change(workspace.folder / "words.py", COUNT, "return Counter(split(text.lower()))")
    change(sample.folder / "words.py", "Counts over many texts.", "Counts over texts.")
    report = Workspace(sample).start()
    assert (report.merged, report.written, report.behind) == (["words.py"], [], [])
    assert "return Counter(split(text.lower()))" in text(workspace, "words.py")
    assert "Counts over texts." in text(workspace, "words.py")
    assert git(workspace, "log", "--format=%s", "--first-parent").splitlines() == [
        "Take over what the course changed",
        "My work before the course changed",
        "What the course hands out",
    ]
    assert git(workspace, "rev-parse", "main^2") == git(workspace, "rev-parse", "course")
    assert git(workspace, "status", "--porcelain") == ""
    assert not Workspace(sample).start().merged


def test_a_step_that_is_written_takes_over_what_the_course_changes_around_its_body(workspace: Workspace, sample: Stage):
    change(workspace.folder / "words.py", COUNT, "return Counter(split(text.lower()))")
    change(sample.folder / "steps.toml", 'title = "count words"', 'title = "count them"')
    change(sample.folder / "words.py", "Counts over many texts.", "Counts over texts.")
    report = Workspace(sample).start()
    assert report.merged == ["words.py"]
    assert "return Counter(split(text.lower()))" in text(workspace, "words.py")
    assert "Counts over texts." in text(workspace, "words.py")


def test_where_both_changed_the_same_line_the_learners_stays_and_the_courses_is_named(
    course: Callable[..., Result], workspace: Workspace, sample: Stage
):
    course("start", "sample")
    words = workspace.folder / "words.py"
    change(words, "Counts over many texts.", "Counts everything.")
    mine = text(workspace, "words.py")
    change(sample.folder / "words.py", "Counts over many texts.", "Counts over texts.")
    said = course("start", "sample").stdout
    assert "Changed in the course since you began, yours kept: words.py. See: git show course:words.py\n" in said
    assert text(workspace, "words.py") == mine
    assert "Counts over texts." in git(workspace, "show", "course:words.py")
    assert "yours kept" not in course("start", "sample").stdout


def test_a_file_that_the_course_drops_goes_unless_the_learner_has_changed_it(workspace: Workspace, sample: Stage):
    (sample.folder / "requirements.txt").unlink()
    assert Workspace(sample).start().removed == ["requirements.txt"]
    assert not (workspace.folder / "requirements.txt").exists()
    change(workspace.folder / "pytest.ini", "[pytest]", "# mine\n[pytest]")
    (sample.folder / "pytest.ini").unlink()
    assert Workspace(sample).start().removed == []
    assert (workspace.folder / "pytest.ini").exists()


def test_line_ends_of_another_system_survive_a_merge(workspace: Workspace, sample: Stage):
    change(workspace.folder / "words.py", COUNT, "return Counter(split(text.lower()))")
    path = workspace.folder / "words.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    change(sample.folder / "words.py", "Counts over many texts.", "Counts over texts.")
    assert Workspace(sample).start().merged == ["words.py"]
    lines = path.read_bytes().splitlines(keepends=True)
    assert all(line.endswith(b"\r\n") for line in lines)
    assert b'    """Counts over texts."""\r\n' in lines


@pytest.mark.usefixtures("no_git")
def test_without_git_all_but_the_history_is_there(workspace: Workspace, sample: Stage):
    assert not (workspace.folder / ".git").exists()
    change(workspace.folder / "words.py", COUNT, "return Counter(split(text.lower()))")
    change(sample.folder / "words.py", "Counts over many texts.", "Counts over texts.")
    report = Workspace(sample).start()
    assert (report.merged, report.behind, report.repository, report.trouble) == ([], ["words.py"], False, "")
    with pytest.raises(CourseError, match="There is no git on this machine"):
        workspace.commit("")


def test_a_workspace_from_before_there_was_git_is_adopted_as_it_is(sample: Stage, tmp_path: Path):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machine_git, "program", lambda: None)
        old = Workspace(sample, tmp_path / "workspace")
        old.start()
    change(old.folder / "words.py", COUNT, "return Counter(split(text.lower()))")
    (old.folder / "notes.md").write_text("mine", encoding="utf-8")
    mine = text(old, "words.py")
    report = Workspace(sample, tmp_path / "workspace").start()
    assert (report.fresh, report.repository, report.trouble) == (False, True, "")
    assert text(old, "words.py") == mine
    assert git(old, "log", "--format=%s").splitlines() == ["What I had written before", "What the course hands out"]
    assert git(old, "diff", "--name-only", "course", "main").split() == ["notes.md", "words.py"]


def test_no_setting_of_git_stops_it(sample: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("pre-commit", "commit-msg", "reference-transaction"):
        (hooks / name).write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        (hooks / name).chmod(0o755)
    settings = tmp_path / "gitconfig"
    settings.write_text(
        "[user]\n useConfigOnly = true\n[commit]\n gpgSign = true\n[gpg]\n program = nothing\n"
        f"[core]\n hooksPath = {hooks.as_posix()}\n autocrlf = true\n safecrlf = true\n editor = nothing\n"
        "[init]\n templateDir = /nowhere\n defaultBranch = trunk\n",
        encoding="utf-8",
    )
    for name, value in {"GLOBAL": str(settings), "NOSYSTEM": "1"}.items():
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / ".gitconfig").write_text(settings.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    workspace = Workspace(sample, tmp_path / "workspace")
    report = workspace.start()
    assert (report.repository, report.trouble) == (True, "")
    change(workspace.folder / "words.py", COUNT, "return Counter(split(text.lower()))")
    assert workspace.commit("mine") == "Committed: mine."
    for name in ("GIT_DIR", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name)
    assert git(workspace, "log", "-1", "--format=%an, %cn: %s") == "Learner, Learner: mine"
    assert git(workspace, "status", "--porcelain") == ""
    assert b"\r" not in (workspace.folder / "words.py").read_bytes()
    assert os.listdir(tmp_path / "workspace" / ".course") == ["progress.json"]  # noqa: PTH208


def test_who_is_known_to_git_commits_under_their_own_name(
    sample: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / ".gitconfig").write_text("[user]\n name = Ana\n email = ana@example.com\n", encoding="utf-8")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    workspace = Workspace(sample, tmp_path / "workspace")
    workspace.start()
    (workspace.folder / "notes.md").write_text("mine", encoding="utf-8")
    workspace.commit("mine")
    assert git(workspace, "log", "-1", "--format=%an <%ae>") == "Ana <ana@example.com>"
    assert git(workspace, "log", "-1", "--format=%an", "course") == "Course"


def test_while_a_merge_of_the_learners_is_under_way_their_history_is_left_alone(workspace: Workspace, sample: Stage):
    (workspace.folder / ".git" / "MERGE_HEAD").write_text(git(workspace, "rev-parse", "HEAD"), encoding="utf-8")
    change(sample.folder / "words.py", "Counts over many texts.", "Counts over texts.")
    report = Workspace(sample).start()
    assert "A merge or a rebase is under way" in report.trouble
    assert report.written == ["words.py"]
    assert git(workspace, "log", "--format=%s") == "What the course hands out"
    (workspace.folder / ".git" / "MERGE_HEAD").unlink()
    assert Workspace(sample).start().trouble == ""
    assert "Counts over texts." in git(workspace, "show", "main:words.py")


def test_finished_steps_are_committed_under_their_names_each_once(workspace: Workspace):
    first, second, third = workspace.learning.steps
    for step in (first, second):
        workspace.put_reference(step)
        workspace.state.of(step).passed = True
    assert workspace.commit("") == "Committed: Step 1.2a: count words, and 1 before it."
    assert git(workspace, "log", "-1", "--format=%B") == "Step 1.2a: count words\n\nStep 1.1: split a text"
    assert workspace.commit("") == "Nothing has changed since your last commit."
    workspace.put_reference(third)
    assert workspace.commit("") == "Committed: Work under way."
    workspace.put_empty(third)
    workspace.state.of(third).passed = True
    assert workspace.commit("") == "Committed: Step 1.2b: count over many texts."


def test_a_commit_is_a_command(course: Callable[..., Result], tmp_path: Path):
    assert "It is a git repository of your own: course commit keeps what" in course("start", "sample").stdout
    (tmp_path / "workspace" / "sample" / "notes.md").write_text("mine", encoding="utf-8")
    assert course("commit", "My notes").stdout == "Committed: My notes.\n"
