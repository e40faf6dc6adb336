"""The grading of stage 05a can tell a lazy suite from a good one: status codes alone miss at least half of the bugs."""

import shutil
from pathlib import Path

import pytest

from course.machine import ladder
from course.machine.material.bugs import grade
from course.machine.material.data import load
from course.machine.material.lessons import pages
from course.stages import stage_by_id

pytestmark = pytest.mark.thorough  # it runs the lazy suite once for each bug

LAZY = Path(__file__).parent / "lazy_05a" / "status_codes.py"


def test_a_suite_that_looks_at_status_codes_alone_misses_at_least_half_of_the_bugs(tmp_path: Path) -> None:
    stage = stage_by_id("05a")
    tests = tmp_path / "tests"
    tests.mkdir()
    shutil.copy(stage.folder / "tests" / "conftest.py", tests)
    shutil.copy(LAZY, tests / "test_status_codes.py")

    with ladder.fresh_database() as url:
        result = grade(stage, load(stage.folder).bugs, tests_from=tmp_path, database_url=url)

    assert result.unbroken is None, result.unbroken
    caught = [each.bug.id for each in result.graded if each.caught]
    assert 0 < len(caught) <= len(result.graded) / 2, f"it catches {len(caught)} of {len(result.graded)}: {caught}"
    lesson = "".join(page.text for page in pages(stage))
    assert f"Of the {len(result.graded)} bugs in `bugs.toml` it catches {len(caught)}." in lesson
