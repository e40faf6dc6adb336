"""The rehearsal: one deployment under load, from the build to the rollback, that nobody notices."""

import re

import pytest
from conftest import COUNTED, SET, course

from course.deploy.rehearsal.play import PROMISED_PER_SECOND
from course.deploy.rehearsal.versions import LAYERS


@pytest.fixture(scope="module")
def output(built_layers: str) -> str:
    """What a rehearsal says that went well."""
    run = course("rehearse", *SET, **{LAYERS: built_layers})
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_under_load_no_request_fails_and_no_acknowledged_write_is_lost(output: str) -> None:
    counted = re.search(COUNTED, output, re.MULTILINE)
    assert counted
    assert counted["failed"] == "0"
    assert re.search(r"\d comments were acknowledged, lost: 0$", output, re.MULTILINE)
    assert "240 requests a second in a closed loop, 50 WebSockets" in output
    assert "Not as it should be" not in output
    assert "Nothing was lost" in output


def test_every_websocket_is_closed_by_each_version_that_ends_and_comes_back(output: str) -> None:
    assert "50 WebSockets, closed by the server and opened again: 100 times." in output


def test_each_phase_is_shown_and_stands_in_the_table(output: str) -> None:
    shown, table = output.split("The rehearsal\n")
    for phase in ("Build", "Pre-deploy", "Health check", "Switch", "Draining", "WebSockets", "Reading back"):
        assert f"✓ {phase}" in shown
        assert f"  {phase} " in table
    checks = [line for line in shown.splitlines() if "✓ Health check" in line]
    assert len(checks) == 3
    assert all(line.endswith(("on IPv4 and IPv6", "on IPv4 (this machine has no IPv6 to try)")) for line in checks)


def test_a_rollback_migrates_with_the_old_code_and_starts_it_on_the_new_schema(output: str) -> None:
    rollback = output.split("Rolled back: the old code on the new schema")[1].split("Afterwards")[0]
    assert "✓ Pre-deploy" in rollback
    assert "✓ Health check" in rollback


def test_a_machine_that_is_too_busy_for_the_promised_rate_is_told(output: str) -> None:
    counted = re.search(COUNTED, output, re.MULTILINE)
    assert counted
    too_busy = f"This machine was too busy for {PROMISED_PER_SECOND} requests a second" in output
    assert too_busy == (int(counted["rate"]) < PROMISED_PER_SECOND)
