"""Facts about hosts and prices carry the day on which they were checked, and are told when they are old."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from course.author import facts

DAY = date(2026, 11, 22)


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "README.md"
    path.write_text("# Costs\n\nA plan costs\nfive dollars (checked\n2026-11-22).\n", encoding="utf-8")
    monkeypatch.setattr(facts, "pages", lambda: [path])
    monkeypatch.setattr(facts, "ROOT", tmp_path)
    return path


@pytest.mark.parametrize(("days", "exit_code"), [(0, 0), (180, 0), (181, 1)])
def test_a_fact_is_too_old_after_180_days(page: Path, days: int, exit_code: int) -> None:
    assert facts.main(DAY + timedelta(days=days)) == exit_code


def test_an_old_fact_is_named_by_its_place(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts.main(DAY + timedelta(days=200))
    assert "README.md, line 4: checked 200 days ago" in capsys.readouterr().err


def test_a_day_that_is_none_is_an_error(page: Path) -> None:
    page.write_text("It is free (checked last week).", encoding="utf-8")
    with pytest.raises(ValueError, match="last week"):
        facts.main(DAY)


def test_the_capstones_lesson_dates_what_it_says_of_the_host() -> None:
    assert [fact for path in facts.pages() for fact in facts.facts(path) if "capstone" in path.parts]
