"""`course prepare`: what can't be fetched is told; it is a failure only if the course needs it."""

import pytest

from course.errors import CourseError
from course.machine import set_up
from course.teach import lab, prepare


def fails() -> str:
    raise CourseError("no network")


def items(*, optional: bool) -> list[prepare.Item]:
    return [
        prepare.Item("One", lambda: "there"),
        prepare.Item("Two", fails, optional=optional),
        prepare.Item("Three", lambda: "18.1"),
    ]


@pytest.mark.parametrize("optional", [True, False])
def test_one_that_fails_keeps_none_of_the_others_from_being_fetched(
    optional: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(prepare, "_items", lambda: iter(items(optional=optional)))
    assert prepare.prepare() == (0 if optional else 1)
    said = capsys.readouterr().err
    assert "One ...\n  there (0 s)" in said
    assert f"Two ...\n  {'not there' if optional else 'not fetched'}: no network" in said
    assert "Three ...\n  18.1" in said
    assert ("Not fetched: Two." in said) != optional


def test_all_that_a_class_needs_is_fetched() -> None:
    names = [item.name for item in prepare._items()]
    for each in ("Jupyter", "embedded PostgreSQL", "PostgreSQL image", "alone(06)", "fuzz(06)", "deploy"):
        assert any(each in name for name in names), each
    assert not any("audit" in name for name in names), "it asks a service, and is of no use without a network"
    assert not any("steps" in name for name in names), "it has no environment of its own"


def test_a_lab_without_its_packages_and_without_a_network_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def add(group: str) -> None:
        raise CourseError(f"pip could not install {group}")

    monkeypatch.setattr(set_up, "add", add)
    with pytest.raises(CourseError, match=r"^JupyterLab is not installed yet.*course prepare(?s:.*)pip could not"):
        lab.install()
