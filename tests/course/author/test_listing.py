"""The blocks that a lesson shows."""

import pytest
from learning_tools import change

from course.author.listing import Listings, cut, fenced, sections
from course.errors import CourseError
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


def test_minutes_are_summed_over_the_sections(sample: Stage):
    change(
        sample.folder / "README.md", "## 1.2", "### 1.1.1 Aside\n<details><summary>Demo: 1 minute</summary>\n\n## 1.2"
    )
    assert Listings(sample).minutes().splitlines()[2:] == [
        "| 1.1 Splitting | 7 |",
        "| 1.1.1 Aside | 1 |",
        "| 1.2 Counting | 5 |",
        "| **together** | **13** |",
    ]


def test_a_heading_inside_a_block_is_no_section():
    text = "## 4.1 One\n```text\n## 4.2 Not this\n```\n## 4.3. Three\nend\n"
    assert [(section.number, section.title) for section in sections(text)] == [("4.1", "One"), ("4.3", "Three")]
