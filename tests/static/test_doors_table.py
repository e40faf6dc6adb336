"""The list of locked doors in the capstone's lesson: every entry once, and every test that it names is there."""

import re

import pytest

from course.machine.material.lessons import where
from course.stages import CAPSTONE

PAGE, _ = where("6.3.3")
ENTRIES = re.findall(r"^\*\*API.+?(?=^</details>)", PAGE.text, re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[`(?P<name>test_\w+)`\]\(\.\./(?P<file>tests/test_\w+\.py)\)")


def test_the_list_has_each_entry_of_the_top_10_once_and_in_order() -> None:
    assert [entry.split(":")[0] for entry in ENTRIES] == [f"**API{number}" for number in range(1, 11)]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry[2:7].rstrip(":"))
def test_every_test_that_the_list_names_is_there(entry: str) -> None:
    links = list(LINK.finditer(entry))
    assert links
    assert len(links) == entry.count("](")
    assert f"Tried by {len(links)} tests" in entry
    for link in links:
        source = (CAPSTONE.folder / link["file"]).read_text(encoding="utf-8")
        assert f"def {link['name']}(" in source, link["name"]
