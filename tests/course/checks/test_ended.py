"""Tests that are ended from outside end what they have started themselves."""

import signal
import sys
from pathlib import Path

import psutil
import pytest
from machine import Home, start, stop_signals

from course.paths import ROOT

KEEPS_A_SERVER = """
import subprocess, sys
import pytest
from course.machine import processes

@pytest.fixture(scope="session")
def server():
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], **processes.apart()) as child:
        yield child
        processes.end(child)

def test_of_it(server):
    print("it is process", server.pid, flush=True)
    server.wait()
"""


@pytest.mark.parametrize("name", stop_signals(quick="SIGTERM"))
def test_what_a_fixture_keeps_running_is_ended(tmp_path: Path, name: str) -> None:
    test = tmp_path / "test_of_it.py"
    test.write_text(KEEPS_A_SERVER, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-s", "-p", "tests.conftest", str(test)]
    with start(command, cwd=ROOT, env=Home(tmp_path).env()) as call:
        server = psutil.Process(int(call.until(r"it is process (\d+)")[1]))
        call.stop(getattr(signal, name))
        assert not server.is_running()
