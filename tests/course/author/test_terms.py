"""A term that is used before it is explained, or never explained, is told with its place."""

from course.author.terms import problems_on
from course.machine.material.lessons import Page
from course.stages import stage_by_id

EXPLAINED = {"4.1": ["event loop"], "4.2": ["connection pool"]}


def pages(first: str, second: str) -> list[Page]:
    stage = stage_by_id("04")
    return [Page(stage, "lesson/4.1-first.md", first), Page(stage, "lesson/4.2-second.md", second)]


def test_terms_that_are_explained_before_they_are_used_are_no_problem() -> None:
    told = pages("The **event loop** runs.", "A **pool of\nconnections**, or **connection\npool**, on the event loop.")
    assert list(problems_on(told, EXPLAINED)) == []


def test_code_may_use_any_word() -> None:
    told = pages(
        "The **event loop** has a `connection pool`.\n\n```text\nconnection pool\n```\n", "A **connection pool**."
    )
    assert list(problems_on(told, EXPLAINED)) == []


def test_a_term_used_too_early_is_told_with_its_words() -> None:
    told = pages("The **event loop** asks two Connection pools at once.", "A **connection pool**.")
    [problem] = problems_on(told, EXPLAINED)
    assert problem.startswith("modules/04_async_notes_api/lesson/4.1-first.md says ")
    assert "asks two Connection pools at once" in problem


def test_a_term_that_nobody_explains_and_a_page_that_is_not_there_are_told() -> None:
    told = pages("An event loop.", "A **connection pool**.")
    problems = list(problems_on(told, EXPLAINED | {"4.3": ["salt"]}))
    assert problems == [
        "modules/04_async_notes_api/lesson/4.1-first.md does not explain **event loop**, as terms.toml says",
        "terms.toml: no lesson has a page 4.3",
    ]
