"""What the tests of the notebooks' tools share: a home of the course of their own."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from machine import Home, eventually


@pytest.fixture(scope="session")
def home() -> Iterator[Home]:
    with tempfile.TemporaryDirectory(prefix="course-") as folder:
        home = Home(Path(folder).resolve() / "home")
        try:
            yield home
            eventually(home.is_quiet, "no process left", seconds=30)
        finally:
            home.kill_all()
