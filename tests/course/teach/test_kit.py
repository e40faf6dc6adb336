"""The instructor's kit is true: its timetables are the lessons', its links lead somewhere, its quizzes are complete."""

import json
import re
from pathlib import Path

import pytest
import typer

from course.author.lesson import broken_links
from course.author.timetable import KIT, rewritten
from course.cli import app

PAGES = sorted(KIT.parent.glob("*.md"))
NOTEBOOKS = sorted(KIT.parent.glob("*.ipynb"))
QUIZZES = [page for page in PAGES if page.name.startswith("quiz_")]
QUESTION = re.compile(r"^### (\d+)\. ", re.MULTILINE)
LESSONS = ("modules/04_", "modules/05", "capstone/")


def name(page: Path) -> str:
    return page.name


def test_the_timetables_are_those_of_the_lessons() -> None:
    text = KIT.read_text(encoding="utf-8")
    assert text.count("<!-- timetable ") == 3
    assert rewritten(text) == text, "write them anew: python -m course.author.timetable"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_each_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "](" in text
    assert [problem.message for problem in broken_links(page, text)] == []


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=name)
def test_each_link_of_a_notebook_leads_to_a_file_and_a_heading(notebook: Path) -> None:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    assert "](../" in text
    assert [problem.message for problem in broken_links(notebook, text)] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_each_command_that_is_named_exists(page: Path) -> None:
    named = set(re.findall(r"`(?:python3 -m )?course (\w+)", page.read_text(encoding="utf-8")))
    assert named <= typer.main.get_command(app).commands.keys()


def test_each_module_has_a_quiz() -> None:
    assert [page.stem for page in QUIZZES] == ["quiz_04", "quiz_05", "quiz_06"]


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
