"""What Git Bash makes of a path is undone."""

import pytest

from course.errors import UsageError
from course.learn import typed
from course.learn.http import Request
from course.learn.ws import Conversation

GIT_BASH = {"MSYSTEM": "MINGW64"}


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("/health", "/health"),
        ("//health", "/health"),
        ("C:/Program Files/Git/health", "/health"),
        ("c:/program files/git/posts?limit=1&q=a/b", "/posts?limit=1&q=a/b"),
        ("C:/Program Files (x86)/Git/posts/1/comments", "/posts/1/comments"),
        ("C:/Users/Ana Ž/AppData/Local/Programs/Git/", "/"),
        ("C:/Program Files/Git", "/"),
        ("D:/PortableGit/git/x", "/git/x"),
        ("C:\\Program Files\\Git\\health", "/health"),
        ("C:/msys64/users/me", "/users/me"),
        ("C:/tools/scoop/apps/git/2.51.0/health", "/health"),
        ("C:/cmder/vendor/git-for-windows/ws/rooms/tea", "/ws/rooms/tea"),
    ],
)
def test_a_path_is_what_was_typed(word: str, meant: str) -> None:
    assert typed.path(word, {}) == meant


@pytest.mark.parametrize(
    "variables",
    [{"EXEPATH": "E:\\Dev\\Shell\\bin"}, {"SHELL": "E:\\Dev\\Shell\\usr\\bin\\bash.exe"}, {"EXEPATH": "E:/Dev/Shell"}],
)
def test_a_shell_in_a_folder_of_another_name_is_known_by_its_variables(variables: dict[str, str]) -> None:
    assert typed.path("E:/Dev/Shell/health", variables) == "/health"


def test_what_cannot_be_undone_is_told_with_the_fix() -> None:
    with pytest.raises(UsageError, match=r"E:/elsewhere/health.*MSYS_NO_PATHCONV=1"):
        typed.path("E:/elsewhere/health", GIT_BASH)


def test_a_value_is_undone_in_such_a_shell_alone() -> None:
    assert typed.value("C:/Program Files/Git/etc", GIT_BASH) == "/etc"
    assert typed.value("C:/Program Files/Git/etc", {}) == "C:/Program Files/Git/etc"
    assert typed.value("a/b: C:/Program Files/Git", GIT_BASH) == "a/b: C:/Program Files/Git"


def test_both_clients_undo_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSYSTEM", "MINGW64")
    asked = Request.parse(["POST", "C:/Program Files/Git/notes", "title=C:/Program Files/Git/etc"])
    assert (asked.path, asked.json) == ("/notes", {"title": "/etc"})
    assert Conversation.parse(["C:/Program Files/Git/ws/notify", "hello"]).path == "/ws/notify"
