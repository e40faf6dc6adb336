"""The table of locked doors in the capstone's lesson: every entry once, and every test that it names is there."""

import re

import pytest

from course.machine.material.lessons import where
from course.stages import CAPSTONE

PAGE, _ = where("6.3.3")
TABLE = PAGE.text
ROWS = [line for line in TABLE.splitlines() if line.startswith("| API")]
LINK = re.compile(r"\[`(?P<name>test_\w+)`\]\(\.\./(?P<file>tests/test_\w+\.py)\)")


def test_the_table_has_each_entry_of_the_top_10_once_and_in_order() -> None:
    assert [row.split(":")[0] for row in ROWS] == [f"| API{number}" for number in range(1, 11)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[2:7].rstrip(":"))
def test_every_test_that_the_table_names_is_there(row: str) -> None:
    links = list(LINK.finditer(row))
    assert links
    assert len(links) == row.count("](")
    for link in links:
        source = (CAPSTONE.folder / link["file"]).read_text(encoding="utf-8")
        assert f"def {link['name']}(" in source, link["name"]
