"""Which stage is reviewed."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--stage", default="04", choices=["04", "05a", "05b", "06"], help="the stage that is reviewed")
    parser.addoption("--all-bugs", action="store_true", help="try all known bugs, one at a time; else every fifth")
