"""The blocks that a lesson shows."""

import re

import pytest
from learning_tools import change

from course.author.listing import Listings
from course.author.step_block import fenced
from course.errors import CourseError
from course.machine.material.reading import cut
from course.stages import Stage, stage_by_id

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
    listing = Listings(sample).code("words.py", "Tally.__init__", "imports")
    assert listing.startswith("```python\n# words.py\n    def __init__(self) -> None:")
    assert "\n\n\nfrom collections import Counter\n" in listing
    assert Listings(sample).code("pytest.ini").startswith("```ini\n# pytest.ini\n[pytest]\n")


def test_a_listing_shows_the_working_code_that_a_step_begins_with():
    listing = Listings(stage_by_id("05b")).begun("rooms/endpoint.py", "serve")
    assert listing.startswith("```python\n# rooms/endpoint.py\nasync def serve(")
    assert "task_group" not in listing


def test_a_listing_shows_what_a_learner_writes_as_it_is_given(sample: Stage):
    listing = Listings(sample).code("words.py")
    assert "    def __init__(self) -> None:\n        self.total" in listing
    assert '        """Count one more text."""\n        ...  # yours: step 1.2b\n' in listing
    assert "+= count(text)" not in listing
    with pytest.raises(CourseError, match=r'words.py:count is what step 1.2a asks for: show it by step\("1.2a"\)'):
        Listings(sample).code("words.py", "count")


def test_a_step_shows_its_task_and_folds_its_hints_and_one_solution(sample: Stage):
    change(sample.folder / "steps.toml", 'id = "1.1"', 'id = "1.1"\ntask = "A *word* has no space."\ntexts = ["w+"]')
    shown = Listings(sample).step("1.1")
    task, folded = shown.split("\n\n<details>", 1)
    assert all(line.startswith(">") for line in task.splitlines())
    assert '> def split(text: str) -> list[str]:\n>     """The words of a text, without punctuation."""\n> ```' in task
    assert "> >>> split(\"now, then\")\n> ['now', 'then']\n> >>> split(None)\n> raises TypeError\n" in task
    assert "> A *word* has no space.\n" in task
    assert task.endswith("> To the letter, since clients rely on it:\n>\n> - `w+`")
    summaries = re.findall("<summary>(.*)</summary>", shown)
    assert summaries == ["Hint 1", "Hint 2", "Hint 3", "One solution"]
    assert folded.endswith(
        'return re.findall(r"\\w+", text)\n```\n\nA regular expression names what a word is made of. '
        "Whoever strips punctuation from `text.split()` is right, too.\n\n</details>"
    )


def test_a_task_names_what_the_file_has_for_it_and_its_short_constants(sample: Stage):
    change(sample.folder / "words.py", "class Tally", "MOST = 1  # one word\n\n\nclass Tally")
    change(sample.folder / "words.py", "most_common(1)", "most_common(MOST)")
    shown = Listings(sample).step("1.2b")
    assert (
        "> # words.py\n> MOST = 1  # one word\n>\n>\n> class Tally:\n>     def add(self, text: str) -> None:" in shown
    )
    assert "\n> Already there: `count`.\n" in shown
    assert (
        "```python\n# words.py\nclass Tally:\n    def add(self, text: str) -> None:"
        in shown.partition("One solution")[2]
    )


def test_the_task_of_a_whole_file_lists_what_it_is_to_define(sample: Stage):
    change(sample.folder / "steps.toml", '"words.py:Tally.add", "words.py:Tally.top"', '"words.py"')
    change(sample.folder / "steps.toml", '"words.py:count"', '"text.py:cut"')
    change(sample.folder / "text.py", "def split", "def cut():\n    pass\n\n\ndef split")
    change(sample.folder / "words.py", "class Tally", "_secret = 1\nSHOWN = {1: 2}\n\n\nclass Tally")
    task = Listings(sample).step("1.2b").partition("<details>")[0].replace("\n> ", "\n").replace("\n>", "\n")
    assert "write the file `words.py`" in task
    assert 'def count(text: str) -> Counter[str]:\n    """How often' in task
    assert 'class Tally:\n    """Counts over many texts."""\n\n    def add(self, text: str) -> None:\n' in task
    assert "SHOWN = ...\n" in task
    for hidden in ("return", "__init__", "_secret", "{1: 2}", "import"):
        assert hidden not in task


def test_a_bug_is_shown_as_what_it_changes_and_without_the_lines_of_the_solution(sample: Stage):
    shown = Listings(sample).bug("letter-case", "empty-tally")
    assert "```diff\n# words.py\n" in shown
    assert "\n+    return Counter(split(text))\n" in shown
    assert "\n-" not in shown
    assert '+            return ""\n' in shown
    assert "@@" not in shown


def test_a_bug_that_takes_lines_away_says_where_they_are_missing(sample: Stage):
    change(
        sample.folder / "bugs.toml",
        "replace = '''\n        if not self.total:\n            return \"\"\n'''",
        'replace = ""',
    )
    shown = Listings(sample).bug("empty-tally")
    assert "\n-        (here 2 lines are missing)\n" in shown
    assert "nothing was counted" not in shown


def test_a_fence_is_longer_than_those_inside():
    assert fenced("text", "```\ncode\n```") == "````text\n```\ncode\n```\n````"


def test_minutes_are_those_of_words_code_commands_and_the_steps_of_a_page(sample: Stage):
    def minutes() -> list[int]:
        return [int(row) for row in re.findall(r"\| \[.*\| (\d+) \|", Listings(sample).pages())]

    before = minutes()
    page = sample.folder / "lesson" / "1.2-counting.md"
    change(page, "# 1.2 Counting\n", f"# 1.2 Counting\n\n{'word ' * 1300}\n")
    assert minutes() == [before[0], before[1] + 10]
    change(page, "# 1.2 Counting\n", "# 1.2 Counting\n\n```python\n" + 200 * "pass\n" + "```\n")
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
