"""Options for the fuzzing, and the way to the code that starts a stage."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "contract"))  # targets.py starts a stage on a database of its own


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("fuzz", "requests that nobody would think of")
    group.addoption("--stage", default="06", choices=["04", "05a", "06"], help="the stage that is asked")
    group.addoption("--cases", type=int, default=500, help="how many requests at least (the full run: 5000)")
    group.addoption("--seed", type=int, default=1, help="another one makes other requests")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
