"""A clean machine, which the odd ones are compared with."""

import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import probes
import pytest
from machine import SET_BY_OTHERS, SLOWS_DOWN, Home, start

from course.machine import ports
from course.paths import ROOT


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder, and not one of pytest's own: these are closed to the database server's user."""
    with tempfile.TemporaryDirectory(prefix="course-machine-", ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()


@pytest.fixture(scope="session")
def shared() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="course-machines-") as folder:
        yield Path(folder).resolve()


@pytest.fixture(scope="session")
def clean(shared: Path) -> dict[str, str]:
    """The variables of a clean machine, whose course keeps its data for all rows."""
    kept = {name: value for name, value in os.environ.items() if name not in SET_BY_OTHERS | SLOWS_DOWN}
    return {**kept, "COURSE_HOME": str(shared / "home"), "COURSE_POSTGRES": "embedded", "NO_COLOR": "1"}


@pytest.fixture(scope="session")
def served(clean: dict[str, str]) -> Iterator[dict[str, str]]:
    """Stages that a clean machine serves, for the rows that are about a client."""
    with ExitStack() as stack:
        served = {}
        for stage_id in ("04", "05b"):
            command = [sys.executable, "-m", "course", "run", stage_id, "--port", str(ports.any_free())]
            call = stack.enter_context(start(command, cwd=ROOT, env=clean))
            served[stage_id] = call.until(probes.SERVED.pattern)[1]
            stack.callback(call.stop, signal.SIGINT)
        yield served
    assert Home(Path(clean["COURSE_HOME"])).is_quiet()
