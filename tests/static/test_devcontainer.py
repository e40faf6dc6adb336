"""The dev container has what the course needs, and what its settings name is there."""

import json
import re
from typing import Any

import pytest
import typer

from course.cli import app
from course.machine import ladder, ports, set_up
from course.paths import ROOT

KEYS = {  # of containers.dev's schema, those that we use: a misspelt one is silently ignored
    *("name", "image", "postCreateCommand", "containerEnv", "forwardPorts", "portsAttributes", "customizations"),
}


@pytest.fixture(scope="module")
def container() -> dict[str, Any]:
    container: dict[str, Any] = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    return container


def test_it_has_no_key_that_nobody_reads(container: dict[str, Any]) -> None:
    assert container.keys() == KEYS
    assert container["customizations"].keys() == {"vscode"}
    assert container["customizations"]["vscode"].keys() == {"extensions", "settings"}
    assert all(attributes.keys() == {"label"} for attributes in container["portsAttributes"].values())


def test_its_python_is_one_that_the_course_runs_on(container: dict[str, Any]) -> None:
    version = re.fullmatch(r"python:3\.(\d+)", container["image"])
    assert version
    assert int(version[1]) >= 11


def test_it_sets_the_course_up_when_it_is_made(container: dict[str, Any]) -> None:
    command = re.fullmatch(r"python3 -m course (\w+)", container["postCreateCommand"])
    assert command
    assert command[1] in typer.main.get_command(app).commands  # type: ignore[attr-defined]


def test_it_shows_the_ports_that_the_course_serves_on(container: dict[str, Any]) -> None:
    assert container["forwardPorts"] == [ports.FIRST_PORT, ports.SITE_PORT]
    assert list(container["portsAttributes"]) == [str(port) for port in container["forwardPorts"]]


def test_its_editor_finds_the_courses_python(container: dict[str, Any]) -> None:
    interpreter = container["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"]
    assert interpreter == "${containerWorkspaceFolder}/" + set_up.VENV.relative_to(ROOT).as_posix() + "/bin/python"


def test_its_database_comes_without_docker(container: dict[str, Any]) -> None:
    assert container["containerEnv"]["COURSE_POSTGRES"] in ladder.RUNGS
