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

## [1.1 Words](../one/lesson/1.1-words.md): 10 minutes to show

Say a word.

## [Step 1.1b: two words](../one/lesson/1.1-words.md#step-11b-two-words): 1 minute to show

## [1.2 Sentences](../one/lesson/1.2-sentences.md): 25 minutes to show
"""
WORDS = """# 1.1 Words

```console
$ python -c "print('word')"
word
$ course start 04
$ course check 1.1a
```

## Step 1.1a: a word

## Step 1.1b: two words

```text
$ python -c "print('two words')"
```
"""
STEP = """
[[step]]
id = "{id}"
section = "{section}"
title = "a step"
minutes = {minutes}
empty = ["{id}.py"]
tests = ["tests/test_{id}.py"]
hints = ["1", "2", "3"]
"""
EVENING = Format("evening", begins="18:00", sittings=[40], pauses=[])  # of which 30 can be planned


@pytest.fixture
def noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A stage with a lesson, steps and notes."""
    monkeypatch.setattr(timetable, "KIT", tmp_path / "notebooks" / "README.md")
    files = {
        "notebooks/notes_04.md": NOTES,
        "one/lesson/1.1-words.md": WORDS,
        "one/lesson/1.2-sentences.md": "# 1.2 Sentences\n",
        "one/steps.toml": "".join(
            STEP.format(id=step_id, section=section, minutes=minutes)
            for step_id, section, minutes in (
                ("1.1a", "1.1", 3),
                ("1.1b", "1.1", 4),
                ("1.2a", "1.2", 2),
                ("1.2b", "1.2", 3),
            )
        ),
    }
    for file, text in files.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text, encoding="utf-8")
    return replace(STAGES[0], path=str(tmp_path / "one"))


def part(minutes: int) -> Part:
    return Part(STAGES[0], f"{minutes} minutes", minutes)


def test_each_note_is_a_part_with_its_page_its_minutes_and_those_of_its_steps(noted: Stage) -> None:
    assert [(each.heading, each.shows, each.writes) for each in parts_of(noted)] == [
        ("1.1 Words", 10, 3),
        ("Step 1.1b: two words", 1, 4),
        ("1.2 Sentences", 25, 5),
    ]
    assert parts_of(noted)[1].link == "[Step 1.1b: two words](../one/lesson/1.1-words.md#step-11b-two-words)"


def test_a_lesson_without_notes_has_no_parts(noted: Stage) -> None:
    assert parts_of(STAGES[1]) == timetable.notebooks_of(STAGES[1]) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("): 1 minute", "): 0 minutes", "plans 0 minutes to show 'Step 1.1b: two words', and its page has 1 commands"),
        ("): 10 minutes", "): 1 minute", None),
        ("#step-11b-two-words", "#step-11b", r"1\.1-words\.md#step-11b, and no page"),
        ("1.2-sentences.md", "1.3-gone.md", r"1\.3-gone\.md, and no page"),
    ],
)
def test_a_note_plans_a_minute_for_each_command_that_is_shown_and_leads_somewhere(
    noted: Stage, old: str, new: str, told: str | None
) -> None:
    change(timetable.KIT.with_name("notes_04.md"), old, new)
    if told is None:  # course start and course check are the learners' own
        assert parts_of(noted)[0].shows == 1
    else:
        with pytest.raises(CourseError, match=told):
            parts_of(noted)


def notes_of(stage: Stage) -> Path:
    return timetable.KIT.with_name(f"notes_{stage.id}.md")


@pytest.mark.parametrize("stage", [each for each in STAGES if notes_of(each).exists()], ids=lambda stage: stage.id)
def test_each_heading_of_the_notes_is_a_part(stage: Stage) -> None:
    notes = notes_of(stage).read_text(encoding="utf-8")
    assert notes.count("\n## ") - notes.count("\n## In [") == len(parts_of(stage)) > 0


def test_parts_keep_their_order_and_are_not_cut_in_two() -> None:
    sittings = laid_out(EVENING, [part(20), part(15), part(15), part(30)])
    assert [[each.minutes for each in sitting.parts] for sitting in sittings] == [[20], [15, 15], [30]]
    assert [sitting.day for sitting in sittings] == [1, 2, 3]


def test_a_day_has_pauses() -> None:
    day = Format("day", begins="09:00", sittings=[40, 40], pauses=[15], days=1)
    assert [f"{sitting.begins:%H:%M}" for sitting in laid_out(day, [part(30), part(30)])] == ["09:00", "09:55"]


def test_a_quarter_of_each_sitting_is_in_reserve() -> None:
    assert [len(sitting.parts) for sitting in laid_out(EVENING, [part(15), part(15), part(1)])] == [2, 1]


def test_a_sitting_of_more_than_ninety_minutes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timetable, "FORMATS", tmp_path / "timetable.toml")
    text = '[evening]\nbegins = "18:00"\nsittings = [{}]\npauses = []\n'
    timetable.FORMATS.write_text(text.format(90), encoding="utf-8")
    assert timetable.formats()[0].sittings == [90]
    timetable.FORMATS.write_text(text.format(91), encoding="utf-8")
    with pytest.raises(CourseError, match="evening has a sitting of 91 minutes: give it a pause after 90"):
        timetable.formats()


def test_a_key_that_no_format_has_is_refused_and_so_is_a_format_that_lacks_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timetable, "FORMATS", tmp_path / "timetable.toml")
    text = '[evening]\nbegins = "18:00"\nsittings = [60]\npauses = []\n'
    for wrong, told in ((f"{text}day = 2\n", "'day'"), (text.replace("pauses = []\n", ""), "'pauses'")):
        timetable.FORMATS.write_text(wrong, encoding="utf-8")
        with pytest.raises(CourseError, match=rf"^timetable\.toml has a format that .*{told}"):
            timetable.formats()


def test_where_only_the_instructor_shows_it_is_the_notebooks(noted: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = timetable.KIT.with_name("notes_04.md")
    text = "\n## In [04_words](04_words.ipynb)\n\n### One: 3 minutes\n\n*Ask:* what?\n\n### Two: 1 minute\n"
    notes.write_text(notes.read_text(encoding="utf-8") + text, encoding="utf-8")
    monkeypatch.setattr(timetable, "STAGES", (noted,))
    shown = timetable.table(replace(EVENING, days=1, they_write=False))
    assert "| 18:00 | [04_words](04_words.ipynb) | 04 | 4 |  |" in shown
    assert "You show for 0 h 04 min, they write at home, and 0 h 36 min are in reserve." in shown


@pytest.mark.parametrize("parts", [[part(20), part(20), part(20)], [part(31)]], ids=["too many", "too long"])
def test_what_does_not_fit_is_named(parts: list[Part]) -> None:
    days = None if len(parts) == 1 else 2
    with pytest.raises(CourseError, match=rf"no room left for: {parts[-1].heading}"):
        laid_out(replace(EVENING, days=days), parts)


def test_a_format_teaches_the_parts_that_it_names() -> None:
    parts = [Part(STAGES[0], heading, 10) for heading in ("4.1 One", "4.2 Two", "4.11 Eleven")]
    chosen = taught(replace(EVENING, taught={"04": ["4.11", "4.1"]}), parts)
    assert [each.heading for each in chosen] == ["4.1 One", "4.11 Eleven"]


def test_a_part_that_is_not_there_is_named() -> None:
    with pytest.raises(CourseError, match=r"'4\.9' of stage 04, and 0 parts"):
        taught(replace(EVENING, taught={"04": ["4.9"]}), [part(10)])


def test_a_table_follows_the_notes(noted: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timetable, "STAGES", (noted,))
    monkeypatch.setattr(timetable, "formats", lambda: [EVENING])
    page = "Before.\n<!-- timetable evening -->\nold\n<!-- end of the timetable -->\nAfter.\n"
    fresh = rewritten(page)
    assert "| 1 | 18:00 | 04 |" in fresh
    assert "(25 + 5) | 10 |" in fresh
    assert (
        "That is all of it. You show for 0 h 36 min, they write for 0 h 12 min, and 0 h 32 min are in reserve." in fresh
    )
    assert "old" not in fresh
    assert rewritten(fresh) == fresh
    change(timetable.KIT.with_name("notes_04.md"), "25 minutes", "20 minutes")
    change(noted.folder / "steps.toml", "minutes = 2", "minutes = 4")
    assert "(20 + 7) | 13 |" in rewritten(fresh)


def test_a_table_of_no_format_is_named() -> None:
    with pytest.raises(CourseError, match="no format 'monthly'"):
        rewritten("<!-- timetable monthly -->\n<!-- end of the timetable -->\n")


def test_a_table_that_is_older_than_the_lessons_is_told_and_so_is_one_that_can_not_be(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    text = timetable.KIT.read_text(encoding="utf-8")
    assert text.count("<!-- timetable ") == 3
    page.write_text(text, encoding="utf-8")
    assert list(timetable.problems(page)) == []
    page.write_text(text.replace("| 09:00 |", "| 09:01 |"), encoding="utf-8")
    assert "course author timetable" in next(timetable.problems(page))
    page.write_text(text.replace("<!-- timetable two-days", "<!-- timetable three-days"), encoding="utf-8")
    assert "There is no format 'three-days'" in next(timetable.problems(page))
