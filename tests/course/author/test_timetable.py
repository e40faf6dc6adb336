"""Timetables: the minutes of a lesson's notes, laid out over sittings."""

from dataclasses import replace
from pathlib import Path

import pytest
from learning_tools import change

from course.author import timetable
from course.author.timetable import Format, Part, laid_out, parts_of, rewritten, taught
from course.errors import CourseError
from course.stages import STAGES, Stage

NOTES = """# Notes

## [1.1 Words](../one/lesson/1.1-words.md): 10 minutes

Say a word.

## [Step 1.1b: two words](../one/lesson/1.1-words.md#step-11b-two-words): 1 minute

## [1.2 Sentences](../one/lesson/1.2-sentences.md): 25 minutes
"""
EVENING = Format("evening", (30,), (), None, "18:00", None)


@pytest.fixture
def noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A stage with notes."""
    monkeypatch.setattr(timetable, "KIT", tmp_path / "README.md")
    (tmp_path / "notes_04.md").write_text(NOTES, encoding="utf-8")
    return STAGES[0]


def part(minutes: int) -> Part:
    return Part(STAGES[0], f"{minutes} minutes", minutes)


def test_each_note_is_a_part_with_its_minutes_and_its_page(noted: Stage) -> None:
    assert [(each.heading, each.minutes) for each in parts_of(noted)] == [
        ("1.1 Words", 10),
        ("Step 1.1b: two words", 1),
        ("1.2 Sentences", 25),
    ]
    assert parts_of(noted)[1].link == "[Step 1.1b: two words](../one/lesson/1.1-words.md#step-11b-two-words)"


def test_a_lesson_without_notes_has_no_parts(noted: Stage) -> None:
    assert parts_of(STAGES[1]) == []


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.id)
def test_each_heading_of_the_notes_is_a_part(stage: Stage) -> None:
    notes = (timetable.KIT.parent / f"notes_{stage.id}.md").read_text(encoding="utf-8")
    assert notes.count("\n## ") == len(parts_of(stage)) > 0


def test_parts_keep_their_order_and_are_not_cut_in_two() -> None:
    sittings = laid_out(EVENING, [part(20), part(15), part(15), part(30)])
    assert [[each.minutes for each in sitting.parts] for sitting in sittings] == [[20], [15, 15], [30]]
    assert [sitting.day for sitting in sittings] == [1, 2, 3]


def test_a_day_has_pauses() -> None:
    day = Format("day", (30, 30), (15,), 1, "09:00", None)
    assert [f"{sitting.begins:%H:%M}" for sitting in laid_out(day, [part(30), part(30)])] == ["09:00", "09:45"]


@pytest.mark.parametrize("parts", [[part(20), part(20), part(20)], [part(31)]], ids=["too many", "too long"])
def test_what_does_not_fit_is_named(parts: list[Part]) -> None:
    days = None if len(parts) == 1 else 2
    with pytest.raises(CourseError, match=rf"no room left for: {parts[-1].heading}"):
        laid_out(replace(EVENING, days=days), parts)


def test_a_format_teaches_the_parts_that_it_names() -> None:
    parts = [Part(STAGES[0], heading, 10) for heading in ("4.1 One", "4.2 Two", "4.11 Eleven")]
    chosen = taught(replace(EVENING, chosen={"04": ("4.11", "4.1")}), parts)
    assert [each.heading for each in chosen] == ["4.1 One", "4.11 Eleven"]


def test_a_part_that_is_not_there_is_named() -> None:
    with pytest.raises(CourseError, match=r"'4\.9' of stage 04, and 0 parts"):
        taught(replace(EVENING, chosen={"04": ("4.9",)}), [part(10)])


def test_a_table_follows_the_notes(noted: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timetable, "STAGES", (noted,))
    monkeypatch.setattr(timetable, "formats", lambda: [EVENING])
    page = "Before.\n<!-- timetable evening -->\nold\n<!-- end of the timetable -->\nAfter.\n"
    fresh = rewritten(page)
    assert "| 1 | 04 |" in fresh
    assert "(25) | 25 |" in fresh
    assert "old" not in fresh
    assert rewritten(fresh) == fresh
    change(timetable.KIT.with_name("notes_04.md"), "25 minutes", "30 minutes")
    assert "(30) | 30 |" in rewritten(fresh)


def test_a_table_of_no_format_is_named() -> None:
    with pytest.raises(CourseError, match="no format 'monthly'"):
        rewritten("<!-- timetable monthly -->\n<!-- end of the timetable -->\n")
