"""Both of Railway's files say the same, and what they say fits together."""

import re
import runpy
import tomllib
from typing import Any

import pytest

from course.paths import ROOT

TOML: dict[str, Any] = tomllib.loads((ROOT / "railway.toml").read_text(encoding="utf-8"))
GRAPH: dict[str, Any] = runpy.run_path(str(ROOT / ".railway" / "railway.py"))["main"]().to_graph()
[BLOG] = [each for each in GRAPH["resources"] if each["type"] == "service"]
[DATABASE] = [each for each in GRAPH["resources"] if each["type"] == "database"]


def as_toml(section: dict[str, Any]) -> dict[str, Any]:
    """The keys as railway.toml has them, where the pre-deploy command is a text and no list."""
    return {key: value[0] if key == "preDeployCommand" else value for key, value in section.items()}


@pytest.mark.parametrize("section", ["build", "deploy"])
def test_both_files_say_the_same_key_by_key(section: str) -> None:
    assert TOML[section] == as_toml(BLOG[section])


def test_there_is_nothing_else_in_the_file_that_will_not_be_read() -> None:
    assert set(TOML) == {"build", "deploy"}


def test_the_blog_gets_the_databases_url_by_reference_and_no_secret_stands_in_a_file() -> None:
    assert BLOG["variables"]["DATABASE_URL"] == {
        "type": "reference",
        "resource": DATABASE["address"],
        "output": "DATABASE_URL",
    }
    assert BLOG["variables"]["JWT_SECRET"] == {"type": "preserve"}


def test_each_variable_is_one_that_the_blog_reads() -> None:
    read = (ROOT / "capstone" / ".env.example").read_text(encoding="utf-8")
    for name in BLOG["variables"]:
        assert re.search(rf"^(# ?)?{name}=", read, re.MULTILINE), name


def test_the_server_gets_the_signal_itself_and_has_time_to_end_in_order() -> None:
    command = TOML["deploy"]["startCommand"]
    assert "exec uvicorn" in command
    graceful = re.search(r"--timeout-graceful-shutdown (\d+)", command)
    assert graceful
    assert int(graceful[1]) < TOML["deploy"]["drainingSeconds"]


def test_a_change_of_what_is_deployed_is_noticed_and_each_watched_path_is_there() -> None:
    for pattern in TOML["build"]["watchPatterns"]:
        assert (ROOT / pattern.strip("/").removesuffix("/**")).exists()
