"""`course test --changed` runs what a change touches, and the quick set for what it does not know."""

import subprocess
from pathlib import Path

import pytest

from course.checks import changed, sets
from course.errors import CourseError
from course.machine.sessions import sessions

QUICK = sets.names(sets.QUICK)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("README.md", ["static", "site"]),
        ("capstone/lesson/6.1.md", ["static", "site"]),
        ("course/author/FORMATS.md", ["static", "site"]),
        ("capstone/app/services/posts_service.py", ["stage(06)", "contract(06)", "static", "lint", "types"]),
        ("modules/05b_websockets/tests/test_rooms.py", ["stage(05b)", "contract(05b)", "static", "lint", "types"]),
        ("capstone/steps.toml", ["static", "steps(06)", "bugs(06)"]),
        ("course/demo/articles/01.md", ["static", "site", "course"]),
        ("tests/contract/broken_promises.toml", ["contract"]),
        ("course/deploy/verify/asking.py", ["course", "lint", "types", "rehearsal"]),
        ("notebooks/04.ipynb", ["lint", "site"]),
        (".github/workflows/ci.yml", ["lint"]),
        ("capstone/requirements.txt", QUICK),
        ("constraints.txt", QUICK),
        ("a/file/of/tomorrow", QUICK),
    ],
)
def test_a_file_is_tested_by_what_it_can_break(path: str, expected: list[str]) -> None:
    assert changed.sessions_for(path) == expected


def test_every_session_that_a_rule_names_is_there() -> None:
    known = {name for each in sessions() for name in each.known_as}
    named = [name.replace(changed.STAGE, "06") for rule in changed.RULES for name in (*rule.sessions, *rule.slower)]
    assert set(named) <= known


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit, a text."""
    monkeypatch.setattr(changed, "ROOT", tmp_path)
    (tmp_path / "README.md").write_text("one\n", encoding="utf-8")
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    names = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"]
    subprocess.run(["git", *names, *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "A change")


def test_the_working_tree_counts_and_the_commits_only_where_they_are_asked_for(repository: Path) -> None:
    assert changed.touched(None) == []
    (repository / "README.md").write_text("two\n", encoding="utf-8")
    assert changed.touched(None) == ["static", "site"]
    commit(repository)
    (repository / "ci.ipynb").touch()
    (repository / ".github").mkdir()
    (repository / ".github" / "new.yml").touch()
    (repository / "ci.ipynb").unlink()
    assert changed.touched(None) == ["lint"]
    assert changed.touched("HEAD~1") == ["static", "site", "lint"]


def test_a_file_that_was_moved_counts_at_both_places(repository: Path) -> None:
    (repository / "tests" / "faults").mkdir(parents=True)
    git(repository, "mv", "README.md", "tests/faults/data.toml")
    assert changed.touched(None) == ["static", "site", "faults"]


def test_a_commit_that_is_not_there_is_told(repository: Path) -> None:
    with pytest.raises(CourseError, match=r"git can't tell what has changed: .*no-such-commit"):
        changed.touched("no-such-commit")
