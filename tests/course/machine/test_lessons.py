"""A stage's lesson, found page by page."""

import pytest

from course.errors import CourseError
from course.machine.material import lessons
from course.machine.material.lessons import Page, anchor, where
from course.stages import STAGES, Stage


def test_pages_are_read_in_the_order_of_their_numbers(sample: Stage) -> None:
    for number in ("1.10", "1.2b", "1.9", "0"):
        (sample.folder / "lesson" / f"{number}-more.md").write_text("# More\n", encoding="utf-8")
    names = [page.name.removeprefix("lesson/").partition("-")[0] for page in lessons.pages(sample)]
    assert names == ["0", "1.1", "1.2", "1.2b", "1.9", "1.10"]


def test_a_heading_inside_a_block_is_none(sample: Stage) -> None:
    page = Page(sample, "README.md", "# 4.1 One\n```text\n## 4.2 Not this\n```\n## 4.3. Three\n### Step 4.3a: end\n")
    assert page.headings == {"4.1": "4.1 One", "4.3": "4.3. Three", "4.3a": "Step 4.3a: end"}
    assert page.title == "4.1 One"


def test_a_section_is_found_by_the_first_of_its_numbers_that_is_a_heading(sample: Stage) -> None:
    pages = lessons.pages(sample)
    assert where("1.2b", "1.2", among=pages) == (pages[1], "1.2 Counting")
    with pytest.raises(CourseError, match="No lesson has a section 7"):
        where("7")


def test_anchors_are_made_as_github_makes_them() -> None:
    assert anchor("4.5 Auth: `JWT` & passwords") == "45-auth-jwt--passwords"


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.id)
def test_a_page_is_named_for_the_number_of_its_heading(stage: Stage) -> None:
    for page in lessons.pages(stage):
        number = page.name.removeprefix("lesson/").partition("-")[0]
        assert number == "0" or next(iter(page.headings)) == number
