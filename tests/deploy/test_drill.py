"""The restore drill: a database is lost under load, and what comes back is what was there at the dump."""

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from conftest import FEW, SET, course

from course.deploy.rehearsal import drill
from course.deploy.rehearsal.load import Members
from course.deploy.rehearsal.show import Show
from course.deploy.rehearsal.versions import LAYERS
from course.errors import CourseError
from course.machine import backup, ladder, ports


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
    assert "50 reconnected, and told of a comment" in shown
    assert re.search(r"RTO: .* \d+\.\d ", table)
    assert re.search(rf"RPO: .*, {counted[2]} comments .* \d+\.\d ", table)


def test_a_drill_is_never_of_a_database_that_somebody_names() -> None:
    run = course("rehearse", "--drill", "--set", "DATABASE_URL=postgresql://localhost/blog")
    assert run.returncode == 2
    assert "a database of its own" in run.stderr


class Names(Members):
    """Members of an app that tells them the name of the dump."""

    async def lost_writes(self, written: Mapping[int, str]) -> set[int]:
        return {number for number, last in written.items() if last != "before the dump"}


async def play(folder: Path, patch: pytest.MonkeyPatch, *, comes_back: bool = True) -> Show:
    """A drill without a database: the dump holds what was acknowledged so far."""
    show, public = Show(), Names(0, requests_per_second=60)

    def acknowledge(name: str) -> None:
        public.counts.written[0] = name
        public.counts.acknowledged += 1

    async def write() -> None:
        await asyncio.sleep(drill.SINCE_SECONDS / 2)
        acknowledge("since the dump")
        while comes_back:
            await asyncio.sleep(0.01)
            acknowledge("since the dump")

    patch.setattr(backup, "dump", lambda _, file: file.touch())
    patch.setattr(backup, "restore", lambda *_, **__: "")
    patch.setattr(ladder, "drop_database", lambda *_: None)
    patch.setattr(drill, "SINCE_SECONDS", 0.2)
    acknowledge("before the dump")
    writing = asyncio.create_task(write())
    await drill.lose_and_restore(show, public, "postgresql://localhost/blog", folder)
    writing.cancel()
    return show


def test_what_has_no_websockets_and_one_name_is_drilled_by_its_own_measure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asyncio.run(play(tmp_path, monkeypatch)).problems == []
    shown = capsys.readouterr().out
    assert "WebSocket" not in shown
    assert "names were acknowledged before the loss, lost: 1\n" in shown


def test_an_app_that_does_not_come_back_ends_the_drill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drill, "SERVED_AGAIN_SECONDS_MAX", 0.3)
    with pytest.raises(CourseError, match=r"does not serve again, 0\.3 s after its database is back"):
        asyncio.run(play(tmp_path, monkeypatch, comes_back=False))


def test_what_cannot_be_read_back_is_told_in_a_sentence() -> None:
    with pytest.raises(CourseError, match=r"^The names can't be read back: .+\.$"):
        asyncio.run(Members(ports.any_free(), requests_per_second=60).lost_writes({}))
