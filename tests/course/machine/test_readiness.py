"""Waiting for a program: as long as it works, and no longer. By the clock of these tests each look is seconds later."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from types import SimpleNamespace

import pytest

from course.machine import readiness
from course.machine.readiness import NotReadyError, wait_until

Start = Callable[[str], "subprocess.Popen[bytes]"]
LOOKS = 6
# For each line that it reads it works for longer than an idle server would, and says so.
WORKS = """
import sys, time
for line in sys.stdin:
    end = time.process_time() + 0.15
    while time.process_time() < end:
        pass
    print("done", flush=True)
"""
LETS_ANOTHER_WORK = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {WORKS!r}])"
ECHOES = "import sys\nfor line in sys.stdin: print(line, flush=True)"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five seconds go by from one look to the next, and a tenth of one is work."""
    ticks = count(step=5)
    monkeypatch.setattr(readiness, "time", SimpleNamespace(monotonic=lambda: float(next(ticks))))
    monkeypatch.setattr(readiness, "WORK_SECONDS", 0.1)


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[subprocess.Popen[bytes]] = []

    def start(program: str) -> "subprocess.Popen[bytes]":
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        started.append(subprocess.Popen([sys.executable, "-c", program], **pipes))  # type: ignore[call-overload]
        return started[-1]

    yield start
    for each in started:
        each.communicate()


def one_at_a_time(child: "subprocess.Popen[bytes]") -> Callable[[], bool]:
    """Let it do one piece of work before each look, and be ready at the last one."""
    looks = iter(range(LOOKS))
    assert child.stdin
    assert child.stdout
    orders, answers = child.stdin, child.stdout

    def is_ready() -> bool:
        orders.write(b"go\n")
        orders.flush()
        answers.readline()
        return next(looks) == LOOKS - 1

    return is_ready


@pytest.mark.parametrize("program", [WORKS, LETS_ANOTHER_WORK], ids=["itself", "what it has started"])
def test_one_that_works_is_waited_for_however_long_it_takes(start: Start, program: str) -> None:
    child = start(program)
    wait_until(one_at_a_time(child), child)


def test_one_that_says_something_is_waited_for(start: Start) -> None:
    child, lines = start(ECHOES), count()
    wait_until(one_at_a_time(child), child, lambda: next(lines))


def test_one_that_does_nothing_is_told(start: Start) -> None:
    with pytest.raises(NotReadyError, match=r"^did not start: it has done nothing for 20 seconds$"):
        wait_until(lambda: False, start("input()"))


def test_one_that_ends_is_told_at_once(start: Start) -> None:
    child = start("raise SystemExit(3)")
    child.wait()
    with pytest.raises(NotReadyError, match=r"^did not start$"):
        wait_until(lambda: pytest.fail("asked one that has ended"), child)


def test_an_hour_in_which_the_machine_stands_still_is_no_hour_in_which_it_does_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hours = count(step=3600)
    monkeypatch.setattr(readiness.time, "monotonic", lambda: float(next(hours)))
    patience = readiness.Patience(lambda: 0.0)
    assert not patience.is_over()
