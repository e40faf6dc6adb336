"""The rehearsal: one deployment under load, from the build to the rollback, that nobody notices."""

import re

from conftest import COUNTED, Rehearsed

from course.deploy.rehearsal.play import PROMISED_PER_SECOND


def test_under_load_no_request_fails_and_no_acknowledged_write_is_lost(rehearsed: Rehearsed) -> None:
    counted = re.search(COUNTED, rehearsed.output, re.MULTILINE)
    assert counted
    assert counted["failed"] == "0"
    assert re.search(r"\d comments were acknowledged, lost: 0$", rehearsed.output, re.MULTILINE)
    assert "240 requests a second in a closed loop, 50 WebSockets" in rehearsed.output
    assert "Not as it should be" not in rehearsed.output
    assert "Nothing was lost" in rehearsed.output


def test_every_websocket_is_closed_by_each_version_that_ends_and_comes_back(rehearsed: Rehearsed) -> None:
    assert "50 WebSockets, closed by the server and opened again: 100 times." in rehearsed.output


def test_each_phase_is_shown_and_stands_in_the_table(rehearsed: Rehearsed) -> None:
    shown, table = rehearsed.output.split("The rehearsal\n")
    for phase in ("Build", "Pre-deploy", "Health check", "Switch", "Draining", "WebSockets", "Reading back"):
        assert f"✓ {phase}" in shown
        assert f"  {phase} " in table
    checks = [line for line in shown.splitlines() if "✓ Health check" in line]
    assert len(checks) == 3
    assert all(line.endswith(("on IPv4 and IPv6", "on IPv4 (this machine has no IPv6 to try)")) for line in checks)


def test_a_rollback_migrates_with_the_old_code_and_starts_it_on_the_new_schema(rehearsed: Rehearsed) -> None:
    rollback = rehearsed.output.split("Rolled back: the old code on the new schema")[1].split("Afterwards")[0]
    assert "✓ Pre-deploy" in rollback
    assert "✓ Health check" in rollback


def test_a_machine_that_is_too_busy_for_the_promised_rate_is_told(rehearsed: Rehearsed) -> None:
    counted = re.search(COUNTED, rehearsed.output, re.MULTILINE)
    assert counted
    too_busy = f"This machine was too busy for {PROMISED_PER_SECOND} requests a second" in rehearsed.output
    assert too_busy == (int(counted["rate"]) < PROMISED_PER_SECOND)
