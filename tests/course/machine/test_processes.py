"""Ending a program on Windows, which knows neither a group of processes nor, without a console, a Ctrl-Break."""

import subprocess
import sys
from contextlib import suppress
from types import SimpleNamespace

import psutil
import pytest

from course.machine import processes

STARTS_ANOTHER = """
import subprocess, sys
other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], stdout=subprocess.DEVNULL)
print(other.pid, flush=True)
other.wait()
"""


def test_where_no_ctrl_break_reaches_a_program_it_is_killed_at_once_with_all_that_it_has_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    child = subprocess.Popen([sys.executable, "-c", STARTS_ANOTHER], stdout=subprocess.PIPE)
    assert child.stdout
    with child.stdout:
        other = psutil.Process(int(child.stdout.readline()))
    send, sent = child.send_signal, []

    def send_signal(signum: int) -> None:
        sent.append(signum)
        if len(sent) == 1:
            raise OSError(6, "The handle is invalid")
        send(signum)

    monkeypatch.setattr(child, "send_signal", send_signal)
    monkeypatch.setattr(processes, "os", SimpleNamespace(name="nt"))
    try:
        processes.end(child, grace=600)
        assert child.returncode
        other.wait(10)
    finally:
        for each in (child, other):
            with suppress(psutil.NoSuchProcess):
                each.kill()
