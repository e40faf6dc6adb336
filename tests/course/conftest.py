"""Homes of the course for tests: what a call makes and starts there touches no other."""

import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from machine import Home, eventually


@pytest.fixture(scope="session", autouse=True)
def heard_hangup() -> None:
    """Under nohup, SIGHUP is ignored by all that the tests start, unless they say otherwise first."""
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="session")
def shared_folder() -> Iterator[Path]:
    # Not one of pytest's own folders: these are closed to other users each time that a pytest starts, and where the
    # tests run as root, the database server is another user.
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        yield Path(folder).resolve()


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder."""
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        yield Path(folder).resolve()


@pytest.fixture
def home(shared_folder: Path) -> Iterator[Home]:
    """A home that keeps its data from test to test, and where none leaves anything running."""
    yield from _quiet(Home(shared_folder / "home"))


@pytest.fixture
def new_home(folder: Path) -> Iterator[Home]:
    """A home where nothing has been made yet."""
    yield from _quiet(Home(folder / "home"))


def _quiet(home: Home) -> Iterator[Home]:
    try:
        yield home
        eventually(home.is_quiet, "no process left", seconds=5)
    finally:
        home.kill_all()  # what a failure has left must not fail the next test
