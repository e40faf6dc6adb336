"""What changed between two folders, with moved files followed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from learning_tools import Result, change

from course.machine.material.diff import compare
from course.machine.material.workspace import Workspace

NOTES = "\n".join(f"def note_{number}(): return {number}" for number in range(20))
USERS = "\n".join(f"def user_{number}(): return {number}" for number in range(20))


def folder(path: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def titles(tmp_path: Path) -> Callable[[dict[str, str], dict[str, str]], list[str]]:
    def compared(old: dict[str, str], new: dict[str, str]) -> list[str]:
        changes = compare(folder(tmp_path / "old", old), folder(tmp_path / "new", new))
        return [change.title for change in changes]

    return compared


def test_equal_folders_have_no_changes(titles):
    assert titles({"a.py": NOTES}, {"a.py": NOTES}) == []


def test_a_file_that_moved_and_changed_a_little_is_followed(titles):
    moved = NOTES.replace("return 3", "return 33")
    assert titles({"routers/notes.py": NOTES}, {"app/routers/notes.py": moved}) == [
        "routers/notes.py -> app/routers/notes.py"
    ]


def test_each_old_file_moves_to_the_new_one_that_is_most_like_it(titles):
    old = {"a.py": NOTES, "b.py": USERS}
    new = {"app/users.py": USERS, "app/notes.py": NOTES}
    assert sorted(titles(old, new)) == ["a.py -> app/notes.py", "b.py -> app/users.py"]


def test_what_is_like_nothing_is_new_or_gone(titles):
    assert titles({"a.py": NOTES}, {"b.py": USERS}) == ["b.py (new)", "a.py (gone)"]


def test_a_new_file_that_was_split_off_an_old_one_says_so(titles):
    old = {"models.py": f"{NOTES}\n{USERS}\n{USERS.upper()}"}
    new = {"app/models/user.py": f"{USERS}\n{USERS.upper()}", "app/models/note.py": NOTES}
    assert titles(old, new) == [
        "app/models/note.py (new, mostly from models.py)",
        "models.py -> app/models/user.py",
    ]


def test_an_empty_file_moves_only_where_its_folder_has_the_same_name(titles):
    old = {"core/__init__.py": "", "routers/__init__.py": ""}
    new = {"app/core/__init__.py": "", "app/models/__init__.py": ""}
    assert titles(old, new) == [
        "core/__init__.py -> app/core/__init__.py",
        "app/models/__init__.py (new)",
        "routers/__init__.py (gone)",
    ]


def test_added_and_removed_lines_are_counted(tmp_path: Path):
    old = folder(tmp_path / "old", {"a.py": "one\ntwo\nthree\n"})
    [change] = compare(old, folder(tmp_path / "new", {"a.py": "one\n2\nthree\nfour\n"}))
    assert (change.added, change.removed) == (2, 1)


def test_binary_files_are_compared_too(tmp_path: Path):
    old, new = folder(tmp_path / "old", {}), folder(tmp_path / "new", {"a.txt": ""})
    old.mkdir()
    (new / "logo.png").write_bytes(b"\x89PNG\xff")
    assert [change.title for change in compare(old, new)] == ["a.txt (new)", "logo.png (new)"]


def test_the_workspace_is_compared_with_the_reference(course: Callable[..., Result], workspace: Workspace):
    for step in workspace.learning.steps:
        workspace.put_reference(step)
    assert course("diff").stdout == "Nothing is different.\n"
    change(workspace.folder / "text.py", r"\w+", r"\S+")
    result = course("diff")
    assert result.stdout.startswith("text.py  +1 -1\n")
    assert '-    return re.findall(r"\\S+", text)\n+    return re.findall(r"\\w+", text)' in result.stdout
    assert course("diff", "--stat").stdout == "text.py  +1 -1\n"
    assert course("diff", "sample", "sample").stdout == "Nothing is different.\n"
