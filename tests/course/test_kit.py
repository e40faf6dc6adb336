"""The instructor's kit is true: its links lead somewhere, its quizzes are complete."""

import re
from pathlib import Path

import pytest
import typer

from course.cli import app
from course.learning.lesson import broken_links
from course.learning.timetable import KIT

PAGES = sorted(KIT.parent.glob("*.md"))
QUIZZES = [page for page in PAGES if page.name.startswith("quiz_")]
QUESTION = re.compile(r"^### (\d+)\. ", re.MULTILINE)
LESSONS = ("modules/04_", "modules/05", "capstone/")


def name(page: Path) -> str:
    return page.name


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_each_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "](" in text
    assert [problem.message for problem in broken_links(page, text)] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_each_command_that_is_named_exists(page: Path) -> None:
    named = set(re.findall(r"`(?:python3 -m )?course (\w+)", page.read_text(encoding="utf-8")))
    assert named <= typer.main.get_command(app).commands.keys()


@pytest.mark.parametrize("page", QUIZZES, ids=name)
def test_each_question_has_a_folded_answer_that_leads_to_its_lesson(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    numbers = [int(number) for number in QUESTION.findall(text)]
    assert len(numbers) >= 8
    assert numbers == list(range(1, len(numbers) + 1))
    for question in QUESTION.split(text)[2::2]:
        answer = re.search(r"<details><summary>Answer</summary>\n\n(.+?)\n</details>", question, re.DOTALL)
        assert answer, question
        assert question.index("<br>") < answer.start(), question
        assert answer[1].startswith("**"), question
        assert any(f"](../{lesson}" in answer[1] for lesson in LESSONS), question
