"""The restore drill: a database is lost under load, and what comes back is what was there at the dump."""

import re

from conftest import FEW, SET, course

from course.deploy.rehearsal.versions import LAYERS


def test_a_drill_loses_what_was_written_since_the_dump_and_nothing_else(layers: str) -> None:
    run = course("rehearse", "--drill", *SET, **{LAYERS: layers}, **FEW)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Not as it should be" not in run.stdout
    shown, table = run.stdout.split("The rehearsal\n")
    assert "60 requests a second in a closed loop" in shown
    for phase in ("Dump", "Writing on", "Loss", "Restore", "Served again", "WebSockets", "Reading back"):
        assert f"✓ {phase}" in shown
    counted = re.search(r"([\d,]+) comments were acknowledged before the loss, lost: ([\d,]+)$", shown, re.MULTILINE)
    assert counted
    written, lost = (int(number.replace(",", "")) for number in counted.groups())
    assert 0 < lost < written
    assert "50 of 50 reconnected" in shown
    assert re.search(r"RTO: .* \d+\.\d ", table)
    assert re.search(rf"RPO: .*, {counted[2]} comments .* \d+\.\d ", table)


def test_a_drill_is_never_of_a_database_that_somebody_names() -> None:
    run = course("rehearse", "--drill", "--set", "DATABASE_URL=postgresql://localhost/blog")
    assert run.returncode == 2
    assert "a database of its own" in run.stderr
