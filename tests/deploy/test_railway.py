"""deployment.toml is the description: Railway's two files and the lesson say the same, and it fits together."""

import re
import runpy
import tomllib
from typing import Any

import pytest

from course.deploy.rehearsal.plan import KINDS, describe
from course.machine.material.lessons import pages
from course.paths import ROOT
from course.stages import CAPSTONE

PLAN = describe(ROOT)
TOML = ROOT / "railway.toml"
GRAPH: dict[str, Any] = runpy.run_path(str(ROOT / ".railway" / "railway.py"))["main"]().to_graph()
[BLOG] = [each for each in GRAPH["resources"] if each["type"] == "service"]
[DATABASE] = [each for each in GRAPH["resources"] if each["type"] == "database"]
LESSON = "".join(page.text for page in pages(CAPSTONE))

BUILD = {"builder": "RAILPACK", "watchPatterns": PLAN["watch_paths"]}
DEPLOY = {
    "preDeployCommand": PLAN["pre_deploy"],
    "startCommand": PLAN["start"],
    "healthcheckPath": PLAN["health_path"],
    "healthcheckTimeout": PLAN["health_seconds"],
    "restartPolicyType": PLAN["restart_policy"],
    "restartPolicyMaxRetries": PLAN["restart_retries"],
    "overlapSeconds": PLAN["overlap_seconds"],
    "drainingSeconds": PLAN["draining_seconds"],
}
# What the host does not store: a `.railway` file that says it differs from the project for ever.
NOT_STORED = {"restartPolicyType": "ON_FAILURE"}


def test_the_description_has_every_field() -> None:
    assert set(PLAN) == set(KINDS)


def test_railway_toml_says_the_same_and_nothing_else_for_as_long_as_it_is_there() -> None:
    said = tomllib.loads(TOML.read_text(encoding="utf-8")) if TOML.exists() else None  # a fork may have deleted it
    assert said in (None, {"build": BUILD, "deploy": DEPLOY})


def test_the_code_says_the_same_but_for_what_the_host_does_not_store() -> None:
    assert BLOG["name"] == PLAN["service"]
    assert BLOG["build"] == BUILD
    wanted = {key: value for key, value in DEPLOY.items() if NOT_STORED.get(key) != value}
    assert BLOG["deploy"] == wanted | {"preDeployCommand": [PLAN["pre_deploy"]]}


def test_the_table_of_the_dashboards_fields_says_the_same() -> None:
    table = LESSON.partition("| field | value |")[2].partition("\n\n")[0]
    rows = dict(re.findall(r"^ *\| ([\w -]+?) +\| (.+) \|$", table, re.MULTILINE))
    assert rows == {
        "Service name": f"`{PLAN['service']}`",
        "Pre-deploy command": f"`{PLAN['pre_deploy']}`",
        "Start command": f"`{PLAN['start']}`",
        "Healthcheck path": f"`{PLAN['health_path']}`",
        "Healthcheck timeout": f"{PLAN['health_seconds']} seconds",
        "Restart policy": f"{PLAN['restart_policy'].replace('_', ' ').capitalize()}, {PLAN['restart_retries']} retries",
        "Overlap": f"{PLAN['overlap_seconds']} seconds",
        "Draining": f"{PLAN['draining_seconds']} seconds",
        "Watch paths": ", ".join(f"`{each}`" for each in PLAN["watch_paths"]),
    }


def test_the_plan_in_the_lesson_is_for_this_file_and_a_service_of_another_name() -> None:
    """By the rules of the CLI (src/iac/change_set.rs): whatever has no twin of the same name comes or goes."""
    wanted = {(each["type"], each["name"]) for each in GRAPH["resources"]}
    there = {("database", "Postgres"), ("service", "your-fork")}
    created = [f"+ Create {kind} {name}" for kind, name in sorted(wanted - there)]
    deleted = [f"- Delete {kind} {name}" for kind, name in sorted(there - wanted)]
    count = f"Plan: {len(created)} to add, 0 to change, {len(deleted)} to destroy"
    assert "\n  ".join([count, *created, *deleted]) + "\n" in LESSON


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
    assert "exec uvicorn" in PLAN["start"]
    graceful = re.search(r"--timeout-graceful-shutdown (\d+)", PLAN["start"])
    assert graceful
    assert int(graceful[1]) < PLAN["draining_seconds"]


@pytest.mark.parametrize("pattern", PLAN["watch_paths"])
def test_a_change_of_what_is_deployed_is_noticed_and_each_watched_path_is_there(pattern: str) -> None:
    assert (ROOT / pattern.strip("/").removesuffix("/**")).exists()
