"""What the tests of the notebooks' tools share: a home of the course of their own."""

from collections.abc import Iterator

import machine
import pytest


@pytest.fixture(scope="session")
def home() -> Iterator[machine.Home]:
    with machine.new_home() as home:
        yield home
