"""Many runs of pytest, each in a process of its own: none can harm another, and nothing of them stays."""

import json
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest
from machine import eventually

from course.machine.material import testing
from course.machine.material.testing import Job, job_on, run_all

HARMLESS = "def test_it():\n    pass\n"


@pytest.fixture
def stage(tmp_path: Path) -> Path:
    folder = tmp_path / "stage"
    (folder / "tests").mkdir(parents=True)
    (folder / "pytest.ini").write_text("[pytest]\npythonpath = .\nfilterwarnings = error\n", encoding="utf-8")
    return folder


def job(stage: Path, number: int, text: str, seconds: float | None = None) -> Job:
    file = f"tests/test_{number}.py"
    (stage / file).write_text(textwrap.dedent(text), encoding="utf-8")
    return job_on(stage, [file], seconds=seconds)


HARM = {  # what a test does -> its text, the exit code of its run, a part of what is said of it
    "it ends the process": ("import os\ndef test_it():\n    os._exit(7)\n", 7, "pytest ended with exit status 7"),
    "it is killed": ("import os\ndef test_it():\n    os.kill(os.getpid(), 9)\n", -9, "exit status -9"),
    "it leaves a thread": (
        "import threading\ndef test_it():\n    threading.Thread(target=threading.Event().wait).start()\n",
        0,
        "1 passed",
    ),
    "it writes past pytest": ("import os\ndef test_it():\n    os.write(2, b'\\xff{}\\n')\n", 0, "1 passed"),
    "it changes the module that others get": (
        "import json\ndef test_it():\n    json.loads = None\n    assert 0\n",
        1,
        "1 failed",
    ),
    "it hangs": ("import threading\ndef test_it():\n    threading.Event().wait()\n", None, "still running after "),
}


# Where processes are forked, a new Python for each is the way of other systems, whose own quick set asks for it.
WAYS = [True, pytest.param(False, marks=pytest.mark.thorough)] if testing.FORK else [False]


@pytest.fixture(params=WAYS, ids="fork={}".format)
def fork(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Each way of making the processes that this system has."""
    monkeypatch.setattr(testing, "FORK", request.param)
    return bool(request.param)


def test_whatever_a_test_does_the_others_are_run(stage: Path, fork: bool):
    jobs = []
    for text, exit_code, _ in HARM.values():
        jobs.append(job(stage, len(jobs), text, 5 if exit_code is None else None))
        jobs.append(job(stage, len(jobs), HARMLESS))
    runs = run_all(jobs, database_url="")
    for what, (_, exit_code, said), run in zip(HARM, HARM.values(), runs[::2], strict=True):
        assert run.exit_code == exit_code, f"{what}: {run}"
        assert said in run.complaint, f"{what}: {run}"
    assert all(run.good for run in runs[1::2]), runs[1::2]


def test_what_a_test_leaves_running_is_ended(stage: Path, fork: bool):
    text = """
    import subprocess, sys

    def test_it(tmp_path):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        print("left:", child.pid, tmp_path)
        assert False
    """
    [run] = run_all([job(stage, 0, text)], database_url="")
    [words] = [line.split() for line in run.outcomes[0].text.splitlines() if line.startswith("left:")]
    eventually(lambda: not psutil.pid_exists(int(words[1])), "the process is gone")
    assert not Path(words[2]).exists()


def test_a_fork_has_what_earlier_runs_have_imported_of_libraries_alone(stage: Path, fork: bool):
    (stage / "app.py").write_text("import mailbox\n", encoding="utf-8")
    first = "import app\n" + HARMLESS
    later = """
    import gc, sys

    def test_it():
        assert ("mailbox" in sys.modules, "app" in sys.modules) == ({fork}, False)
        assert (gc.get_freeze_count() > 10_000) == {fork}, "what was there before is no garbage to look through"
    """
    jobs = [job(stage, 0, first), job(stage, 1, later.replace("{fork}", str(fork)))]
    assert [run.exit_code for run in run_all(jobs, database_url="", gate=True)] == [0, 0]


AS_IT_FORKS = """
import os, runpy, signal, sys
os.register_at_fork(after_in_parent=lambda: os.kill(os.getpid(), signal.SIGTERM))
del sys.argv[0]
sys.path.insert(0, os.path.dirname(sys.argv[0]))
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.skipif(not testing.FORK, reason="here each run is a new Python")
def test_a_run_that_has_just_been_forked_ends_with_the_others(stage: Path, tmp_path: Path):
    (stage / "tests" / "test_endless.py").write_text("def test_it():\n    while True: pass\n", encoding="utf-8")
    limits = {"seconds": 60, "test_seconds": None, "explain_first": False}
    run = {"folder": str(tmp_path), "cwd": str(stage), "arguments": ["-q", "tests/test_endless.py"], **limits}
    batch = tmp_path / "batch.json"
    batch.write_text(json.dumps({"fork": True, "workers": 2, "gate": False, "runs": [run]}), encoding="utf-8")
    command = [sys.executable, "-c", AS_IT_FORKS, str(testing.PLUGIN / "course_runs.py"), str(batch)]
    assert subprocess.run(command, check=False).returncode == 128 + signal.SIGTERM
    left = [each for each in psutil.process_iter(["cmdline"]) if str(batch) in (each.info["cmdline"] or [])]
    for each in left:
        each.kill()
    assert left == []


def test_behind_a_gate_nothing_is_run_that_the_first_has_not_opened(stage: Path, tmp_path: Path):
    begun = tmp_path / "begun"
    jobs = [job(stage, 0, "def test_it():\n    assert 0\n"), job(stage, 1, f"open({str(begun)!r}, 'w').close()\n")]
    told: list[int] = []
    runs = run_all(jobs, database_url="", gate=True, told=lambda number, run: told.append(number))
    assert [run.failed[0].happened for run in runs[:1]] == ["`0` is not true"]
    assert told == [0]
    assert not begun.exists()
    assert not runs[1].good


def test_without_pytest_it_is_told_why(stage: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(testing, "PLUGIN", tmp_path)
    [run] = run_all([job(stage, 0, HARMLESS)], database_url="")
    assert "can't open file" in run.complaint
