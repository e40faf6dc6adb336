"""A name that changes from one stage to the next stands in the list, with its reason; and the list is true."""

from pathlib import Path

import pytest

from course.author import renames

HEAD = '[[stages]]\nfrom = "04"\nto = "05a"\n\n[stages.names]\n'


@pytest.fixture
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A list of renames for two stages of four names each."""
    names = {"04": {"kept", "old", "gone", "other"}, "05a": {"kept", "new", "other", "added"}}
    monkeypatch.setattr(renames, "public_names", lambda stage: names[stage.id])
    path = tmp_path / "renames.toml"
    path.write_text(f'{HEAD}old = {{ now = "new", why = "it is newer" }}\ngone = {{ why = "nobody asks" }}\n')
    return path


def test_a_list_that_names_all_that_is_gone_has_no_problem(listed: Path) -> None:
    assert list(renames.problems(listed)) == []
    assert renames.read(listed)["04", "05a"][0] == renames.Rename("old", "new", "it is newer")


def test_a_name_that_is_gone_and_not_listed_is_told(listed: Path) -> None:
    listed.write_text(f'{HEAD}old = {{ now = "new", why = "it is newer" }}\n')
    (problem,) = renames.problems(listed)
    assert "gone of stage 04 is not in 05a" in problem


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ('never = { why = "?" }', "stage 04 has no never"),
        ('kept = { why = "?" }', "kept is in stage 05a as well"),
        ('other = { now = "nowhere", why = "?" }', "stage 05a has no nowhere"),
    ],
)
def test_an_entry_that_is_not_true_is_told(listed: Path, entry: str, told: str) -> None:
    with listed.open("a") as file:
        file.write(f"{entry}\n")
    assert any(told in problem for problem in renames.problems(listed))
