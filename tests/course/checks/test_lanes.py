"""`course test` on a noxfile of these tests' own: lanes, logs, what failed, and an end that leaves nothing running."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from machine import Home, eventually, start

from course.checks import lanes, sets
from course.checks.durations import Durations
from course.checks.lanes import LANES
from course.machine import processes
from course.paths import ROOT

# One session that passes, one that fails and one that can't run for want of something; a server that no signal ends,
# in a process group of its own, started by a session that ends at once on Ctrl-C.
NOXFILE = '''
import os, sys
import nox

DEAF = """
import pathlib, signal, sys, time
for each in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
    if hasattr(signal, each):
        signal.signal(getattr(signal, each), signal.SIG_IGN)
pathlib.Path(sys.argv[1]).touch()
time.sleep(600)
"""
STARTER = """
import subprocess, sys
from course.machine import processes
from course.machine.sessions import Session
subprocess.Popen([sys.executable, "-c", *sys.argv[1:]], **processes.apart()).wait()
"""

@nox.session(python=False)
def good(session):
    session.run(sys.executable, "-c", "import os; print(os.environ['DATABASE_URL'])")

@nox.session(python=False)
def bad(session):
    session.run(sys.executable, "-c", "import os; print(os.environ['DATABASE_URL']); raise SystemExit('a reason')")

@nox.session(python=False, tags=["no-postgres"])
def wanting(session):
    session.run(sys.executable, "-c", "print('SKIPPED [2] test_a.py:1: not run: no engine; start one')")

@nox.session(python=False, tags=["no-postgres"])
def worse(session):
    session.run(sys.executable, "-c", "raise SystemExit('a reason')")

@nox.session(python=False, tags=["no-postgres"])
def one(session):
    session.run(sys.executable, "-c", STARTER, DEAF, os.environ["STARTED"] + ".one", interrupt_timeout=60)

@nox.session(python=False, tags=["no-postgres"])
def two(session):
    session.run(sys.executable, "-c", STARTER, DEAF, os.environ["STARTED"] + ".two", interrupt_timeout=60)
'''
SCRIPT = """
import sys
from course.checks import run
from course.machine import processes, sessions
sessions.NOX[-1] = sys.argv[1]
with processes.as_program():
    sys.exit(run.run(sys.argv[2:]))
"""


@pytest.fixture(scope="module")
def course_test(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The beginning of a command that is `course test` on the noxfile above."""
    noxfile = tmp_path_factory.mktemp("checks") / "noxfile.py"
    noxfile.write_text(NOXFILE, encoding="utf-8")
    return [sys.executable, "-c", SCRIPT, str(noxfile)]


@pytest.fixture(scope="module")
def three(shared_folder: Path, course_test: list[str]) -> "subprocess.CompletedProcess[str]":
    """A run of three sessions, each of which says something else."""
    home = Home(shared_folder / "lanes")
    result = home.execute(*course_test, "good", "bad", "wanting")
    eventually(home.is_quiet, "no process left", seconds=5)
    return result


def test_what_failed_is_told_at_once_and_at_the_end_with_its_log_and_how_it_is_run_alone(
    three: "subprocess.CompletedProcess[str]",
) -> None:
    assert three.returncode == 1, three.stderr
    assert re.search(r"^ ?\d of 3  good     passed +\d+ s", three.stdout, re.MULTILINE)
    at_once, at_the_end = three.stdout.split("\nFAILED")
    assert re.search(r"^ ?\d of 3  bad      FAILED +\d+ s.*\n-+ the last lines of bad\n", at_once, re.MULTILINE)
    assert "a reason" in at_once
    assert 'alone: python3 -m course test "bad"' in at_the_end
    assert re.search(r"\n2 sessions passed in \d+ s; failed: bad\.\n$", at_the_end)
    [log] = re.findall(r"log: (\S+bad\.log)\n", at_the_end)
    assert "a reason" in (ROOT / log).read_text(encoding="utf-8")


def test_each_session_has_a_database_of_its_own(three: "subprocess.CompletedProcess[str]", shared_folder: Path) -> None:
    logs = [shared_folder / "lanes" / "test-logs" / f"{name}.log" for name in ("good", "bad")]
    [mine], [other] = (re.findall(r"postgresql://\S+_test\b", log.read_text(encoding="utf-8")) for log in logs)
    assert mine != other


def test_what_could_not_run_is_told_at_the_end(three: "subprocess.CompletedProcess[str]") -> None:
    assert "\nnot run in wanting: no engine; start one\nFAILED" in three.stdout


@pytest.mark.parametrize(("name", "code", "said"), [("wanting", 0, "no engine; start one"), ("worse", 1, "a reason")])
def test_one_session_has_the_terminal_to_itself(
    name: str, code: int, said: str, home: Home, course_test: list[str]
) -> None:
    with start([*course_test, name], cwd=ROOT, env=home.env()) as call:
        assert call.ended() == code
    assert said in call.output
    assert "the last lines of" not in call.output
    assert not (home.folder / "test-logs").exists()


SIGNALS = [
    pytest.param(signum, id=signum.name, marks=() if signum.name == "SIGTERM" else pytest.mark.thorough)
    for signum in processes.STOP_SIGNALS
]


@pytest.mark.parametrize("signum", SIGNALS)  # on Windows it is Ctrl-Break each time
@pytest.mark.parametrize("names", [["one", "two"][:LANES], ["one"]], ids=["lanes", "one alone"])
def test_a_signal_leaves_nothing_running_not_even_what_is_deaf_to_signals(
    signum: int, names: list[str], home: Home, tmp_path: Path, course_test: list[str]
) -> None:
    started = tmp_path / "started"
    with start([*course_test, *names], cwd=ROOT, env=home.env(STARTED=str(started))) as call:
        for name in names:
            eventually(started.with_suffix(f".{name}").exists, f"{name}'s server is up")
        code = call.stop(signum)
        left = home.processes()
    assert left == []
    assert code > 128


@pytest.fixture
def durations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Durations:
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    return Durations()


def test_what_took_longest_the_last_time_begins_first(durations: Durations) -> None:
    durations.keep("short", 10)
    durations.keep("long", 100)
    durations.keep("middle", 50)
    assert Durations().longest_first(["short", "middle", "long"]) == ["long", "middle", "short"]


def test_in_a_clean_clone_the_longest_of_the_quick_set_begin_first_too(durations: Durations) -> None:
    queue = durations.longest_first(
        ["lint", "stage(05b)", "contract(05b)", "contract(06)", "stage(06)", "course(running)"]
    )
    assert queue[0] == "course(running)"
    assert set(queue[1:3]) == {"stage(06)", "contract(06)"}
    assert queue[-1] == "contract(05b)"


def test_the_time_that_is_left_is_that_of_the_longest_lane(durations: Durations) -> None:
    for name, seconds in {"a": 60, "b": 40, "c": 30}.items():
        durations.keep(name, seconds)
    assert durations.left({}, ["a", "b", "c"], lanes=2) == 70  # a; b, then c
    assert durations.left({}, ["a", "b", "c"], lanes=1) == 130
    assert durations.left({"a": 20}, ["b"], lanes=2) == 40
    assert durations.left({"a": 200}, [], lanes=2) == 0


def test_before_its_first_run_a_session_takes_what_it_is_known_to_take(durations: Durations, tmp_path: Path) -> None:
    place = sets.PLACES["contract"]
    assert durations.of("contract(05b)") == place.of["05b"] != place.seconds
    assert durations.of("contract(04)") == place.seconds
    (tmp_path / "test-durations.json").write_text('{"contract(04)": ', encoding="utf-8")
    assert Durations().of("contract(04)") == place.seconds
    (tmp_path / "test-durations.json").write_text(json.dumps({"contract(06)": 7}), encoding="utf-8")
    assert Durations().of("contract(06)") == 7


def test_temporary_files_are_in_memory_where_it_has_room_and_go_with_their_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(lanes, "MEMORY", tmp_path)
    monkeypatch.setattr(lanes, "MEMORY_BYTES", 2**60)
    with lanes._environment(None) as env:
        assert "TMPDIR" not in env
    monkeypatch.setattr(lanes, "MEMORY_BYTES", 0)
    with lanes._environment(None) as env:
        folder = Path(env["TMPDIR"])
        (folder / "left").touch()
        assert folder.parent == tmp_path
    assert not folder.exists()
