"""Timetables: the minutes of a lesson's notes, laid out over sittings."""

from dataclasses import replace
from pathlib import Path

import pytest
from learning_tools import change

from course.author import timetable
from course.author.timetable import Format, Part, laid_out, parts_of, rewritten, taught
from course.errors import CourseError
from course.stages import STAGES, Stage

LESSON = """
# A lesson

## How this lesson works

## 1.1 Words

### Why

### Step 1.1a: a word

```text
## 9.9 not a heading, and <summary>For the instructor: 90 minutes</summary> is no note
```

<details><summary>For the instructor: 10 minutes</summary>

Say a word.
</details>

### Step 1.1b: two words

<details><summary>For the instructor: 1 minute</summary>
</details>

## 1.2 Sentences

### 1.2.1 Short ones

<details><summary>For the instructor: 20 minutes</summary>
</details>

<details><summary>For the instructor: 5 minutes</summary>
</details>
"""
EVENING = Format("evening", (30,), (), None, "18:00", None)


@pytest.fixture
def lesson(tmp_path: Path) -> Stage:
    (tmp_path / "README.md").write_text(LESSON, encoding="utf-8")
    return replace(STAGES[0], path=str(tmp_path))


def part(minutes: int) -> Part:
    return Part(STAGES[0], f"{minutes} minutes", minutes)


def test_a_note_serves_all_that_stands_since_the_note_before(lesson: Stage) -> None:
    assert [(each.heading, each.minutes) for each in parts_of(lesson)] == [
        ("1.1 Words", 10),
        ("Step 1.1b: two words", 1),
        ("1.2.1 Short ones", 25),
    ]


def test_a_lesson_that_is_not_there_yet_has_no_parts(tmp_path: Path) -> None:
    assert parts_of(replace(STAGES[0], path=str(tmp_path))) == []


def test_every_note_of_the_lessons_is_counted() -> None:
    for stage in STAGES:
        lesson = stage.folder / "README.md"
        if lesson.is_file():
            text = lesson.read_text(encoding="utf-8")
            assert f"| **together** | **{sum(each.minutes for each in parts_of(stage))}** |" in text


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


def test_a_table_follows_its_lesson(lesson: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timetable, "STAGES", (lesson,))
    monkeypatch.setattr(timetable, "formats", lambda: [EVENING])
    page = "Before.\n<!-- timetable evening -->\nold\n<!-- end of the timetable -->\nAfter.\n"
    fresh = rewritten(page)
    assert "| 1 | 04 |" in fresh
    assert "(25) | 25 |" in fresh
    assert "old" not in fresh
    assert rewritten(fresh) == fresh
    change(Path(lesson.path, "README.md"), "20 minutes", "25 minutes")
    assert "(30) | 30 |" in rewritten(fresh)


def test_a_table_of_no_format_is_named() -> None:
    with pytest.raises(CourseError, match="no format 'monthly'"):
        rewritten("<!-- timetable monthly -->\n<!-- end of the timetable -->\n")
