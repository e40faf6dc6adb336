"""A pytest plugin for a plain `pytest` in a workspace, from a terminal or an editor: the tests find a database.

It is an entry point of the course's own package, so that no file of the workspace names it: what a student makes of
the workspace runs without the course. Elsewhere it does nothing.
"""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest


def is_workspace(folder: Path) -> bool:
    """Is this the copy of a stage that `course start` has made?"""
    return (folder.parent / ".course" / "progress.json").is_file()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Set DATABASE_URL and JWT_SECRET, unless they are set. The database goes when the tests have ended."""
    if not is_workspace(early_config.rootpath):
        return
    from course.errors import CourseError
    from course.machine import ladder
    from course.machine.material.testing import JWT_SECRET

    os.environ.setdefault("JWT_SECRET", JWT_SECRET)
    if not os.environ.get("DATABASE_URL"):
        stack = ExitStack()
        early_config.add_cleanup(stack.close)
        try:
            os.environ["DATABASE_URL"] = stack.enter_context(ladder.fresh_database())
        except CourseError as error:
            raise pytest.UsageError(str(error)) from error
