"""The instructor's kit is true: its timetables are the lessons', its links lead somewhere, its quizzes are complete."""

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from course.author.timetable import KIT

QUIZZES = sorted(KIT.parent.glob("quiz_*.md"))
QUESTION = re.compile(r"^##+ (\d+)\. ", re.MULTILINE)
OPTION = re.compile(r"^([a-z])\) \S", re.MULTILINE)
RIGHT = re.compile(r"<summary>Answer</summary>\n\n\*\*([^*]+)\*\*")  # such as **b.** or **b, c and d.**
WRONG = re.compile(r"^- ([a-z]): \S", re.MULTILINE)
MOST_OF_A_QUIZ = 0.35  # of its right answers may have the same letter
LESSONS = ("modules/04_", "modules/05", "capstone/")


def name(page: Path) -> str:
    return page.name


def questions(page: Path) -> list[str]:
    return QUESTION.split(page.read_text(encoding="utf-8"))[2::2]


def right_letters(question: str) -> list[str]:
    answer = RIGHT.search(question)
    assert answer, question
    return re.findall(r"\b[a-z]\b", answer[1])


def test_each_module_has_a_quiz() -> None:
    assert [page.stem for page in QUIZZES] == ["quiz_04", "quiz_05", "quiz_06"]


@pytest.mark.parametrize("page", QUIZZES, ids=name)
def test_each_question_has_a_folded_answer_that_leads_to_its_lesson(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    numbers = [int(number) for number in QUESTION.findall(text)]
    assert len(numbers) >= 8
    assert numbers == list(range(1, len(numbers) + 1))
    for question in questions(page):
        answer = re.search(r"<details><summary>Answer</summary>\n\n(.+?)\n</details>", question, re.DOTALL)
        assert answer, question
        assert question.index("<br>") < answer.start(), question
        assert any(f"](../{lesson}" in answer[1] for lesson in LESSONS), question


@pytest.mark.parametrize("page", QUIZZES, ids=name)
def test_each_question_has_four_options_and_says_of_each_wrong_one_why(page: Path) -> None:
    for question in questions(page):
        options, right = OPTION.findall(question), right_letters(question)
        assert options == list("abcdefgh"[: max(4, len(options))]), question
        assert right, question
        assert WRONG.findall(question) == [letter for letter in options if letter not in right], question


@pytest.mark.parametrize("page", QUIZZES, ids=name)
def test_the_right_answers_are_spread_over_the_letters(page: Path) -> None:
    right = [right_letters(question) for question in questions(page)]
    letters = Counter(letter for each in right for letter in each)
    assert max(letters.values()) <= MOST_OF_A_QUIZ * letters.total(), letters
    alike = [one == other for one, other in pairwise(right)]
    assert (True, True) not in pairwise(alike), "three in a row have the same answer"
