"""A pytest plugin: plain `pytest` in a workspace, in a terminal or an editor, has a database and a secret.

In any other folder it does nothing. `course check` doesn't need it.
"""

import os
from contextlib import ExitStack

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Before the workspace's own conftest.py is read: the app may read its settings when it is imported."""
    from course.machine.material.workspace import workspace_root

    if early_config.rootpath.parent != workspace_root().resolve():
        return
    from course.machine import ladder
    from course.machine.material.testing import JWT_SECRET

    os.environ.setdefault("JWT_SECRET", JWT_SECRET)
    if "DATABASE_URL" not in os.environ:
        stack = ExitStack()
        early_config.add_cleanup(stack.close)
        os.environ["DATABASE_URL"] = stack.enter_context(ladder.fresh_database())
