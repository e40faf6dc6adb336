"""What all of the course's tests share: they see this machine as the course does, and leave nothing running on it."""

import signal

from course import environment
from course.machine.processes import STOP_SIGNALS

environment.seal()


def pytest_configure() -> None:
    """Let whatever ends the tests end them as a Ctrl-C does: fixtures and tests then end what they have started."""
    for each in STOP_SIGNALS:
        if signal.getsignal(each) is signal.SIG_DFL:
            signal.signal(each, signal.default_int_handler)
