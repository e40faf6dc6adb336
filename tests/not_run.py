"""A test that can't run on this machine says so, and never looks as if it had passed."""

import os

import pytest


def not_run(reason: str, mend: str) -> None:
    """Tell that a test can't run here, and the mend; where CI=true, that is a failure."""
    told = f"not run: {reason}; {mend}"
    if os.environ.get("CI") == "true":
        pytest.fail(told)
    pytest.skip(told)
