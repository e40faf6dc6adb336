"""The blocks that a lesson shows."""

import re

import pytest
from learning_tools import change

from course.author.listing import Listings
from course.author.step_block import fenced
from course.errors import CourseError
from course.machine.material.reading import cut
from course.stages import Stage

SOURCE = '''"""A module."""

import re

from app import db

# Ten, because nobody has more.
LIMIT: int = 10
first = second = None


# Why it is cached:
# it is slow.
@cached
def total(
    numbers,
):
    return sum(numbers)  # all of them


class Guard:
    """Checks."""

    async def check(self):
        return True
'''


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("LIMIT", "# Ten, because nobody has more.\nLIMIT: int = 10"),
        ("second", "first = second = None"),
        (
            "total",
            "# Why it is cached:\n# it is slow.\n@cached\ndef total(\n    numbers,\n):\n"
            "    return sum(numbers)  # all of them",
        ),
        ("Guard.check", "    async def check(self):\n        return True"),
        ("imports", "import re\n\nfrom app import db"),
    ],
)
def test_a_name_is_cut_with_its_decorators_and_the_comment_above(name: str, text: str):
    assert cut(SOURCE, name, "app.py") == text


@pytest.mark.parametrize("name", ["nothing", "Guard.nothing", "total.numbers"])
def test_a_name_that_is_not_there_is_told(name: str):
    with pytest.raises(CourseError, match=rf"app\.py has no {name}"):
        cut(SOURCE, name, "app.py")


def test_a_listing_says_which_file_it_is_from(sample: Stage):
    listing = Listings(sample).code("words.py", "Tally.add", "count")
    assert listing.startswith("```python\n# words.py\n    def add(self, text: str) -> None:")
    assert "\n\n\ndef count(text: str)" in listing
    assert Listings(sample).code("pytest.ini").startswith("```ini\n# pytest.ini\n[pytest]\n")


def test_a_bug_is_shown_as_what_it_changes_and_no_more(sample: Stage):
    shown = Listings(sample).bug("letter-case", "empty-tally")
    assert shown.startswith("```diff\n# words.py\n")
    assert "-    return Counter(split(text.lower()))\n+    return Counter(split(text))\n" in shown
    assert '+            return ""\n' in shown
    assert "@@" not in shown


def test_a_fence_is_longer_than_those_inside():
    assert fenced("text", "```\ncode\n```") == "````text\n```\ncode\n```\n````"


def test_minutes_are_those_of_words_code_commands_and_the_steps_of_a_page(sample: Stage):
    def minutes() -> list[int]:
        return [int(row) for row in re.findall(r"\| \[.*\| (\d+) \|", Listings(sample).pages())]

    before = minutes()
    page = sample.folder / "lesson" / "1.2-counting.md"
    change(page, "# 1.2 Counting\n", f"# 1.2 Counting\n\n{'word ' * 1300}\n")
    assert minutes() == [before[0], before[1] + 10]
    change(page, "```python\n", "```python\n" + 200 * "pass\n")
    assert minutes() == [before[0], before[1] + 20]
    change(page, "```console\n", "```console\n" + 20 * "$ course\n")
    assert minutes() == [before[0], before[1] + 30]
    change(sample.folder / "steps.toml", "minutes = 5", "minutes = 15")
    assert minutes() == [before[0] + 10, before[1] + 30]
    assert f"| **together** | **{sum(minutes())}** |" in Listings(sample).pages()


def test_a_page_leads_to_those_before_and_after_it(sample: Stage):
    assert Listings(sample, "lesson/1.1-splitting.md").navigation() == (
        "Before this: [sample, The sample](../README.md). After this: [1.2 Counting](1.2-counting.md)."
    )
