"""A test that can't run on this machine says so, and never looks as if it had passed."""

import os

import pytest

from course.machine import ladder


def not_run(reason: str, mend: str) -> None:
    """Tell that a test can't run here, and the mend; where CI=true, that is a failure."""
    told = f"not run: {reason}; {mend}"
    if os.environ.get("CI") == "true":
        pytest.fail(told)
    pytest.skip(told)


def skip_unless_containers_are_wanted() -> None:
    """Leave a test of containers out where somebody chose another rung: there, also CI expects none."""
    rung = os.environ.get(ladder.ASKED, os.environ.get("COURSE_POSTGRES", ""))
    if rung not in ("container", ""):
        pytest.skip(f"COURSE_POSTGRES={rung}, so no container is started")
