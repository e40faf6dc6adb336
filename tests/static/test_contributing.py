"""What CONTRIBUTING.md says about testing is what `course test --changed` does."""

from course.checks import changed
from course.paths import ROOT


def test_its_table_is_the_one_that_the_command_goes_by() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert changed.table() in text, "write it again: python -m course.checks.changed"
