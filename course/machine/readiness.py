"""Waiting for a program to be ready: for as long as it works, however slow the machine is."""

import http.client
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Hashable
from contextlib import suppress

from course.errors import CourseError

PATIENCE_SECONDS = 20.0  # without progress
POLL_SECONDS = 0.05
LOOK_SECONDS = 0.5  # between two looks at what the processes do, which cost a few milliseconds each
ANSWER_SECONDS = 5.0
WORK_SECONDS = 0.3  # of processor time: a server that only waits takes a third of that while our patience lasts


class NotReadyError(CourseError):
    """A program has ended, or does nothing any more. The text goes on after its name: "did not start"."""


class Patience:
    """Is there still progress? Work that is done, in seconds of processor time, or a change of the output.

    However long the machine stands still, that counts as ANSWER_SECONDS: nobody could make progress then.
    """

    def __init__(self, work: Callable[[], float], output: Callable[[], Hashable] = lambda: None) -> None:
        self._work, self._output = work, output
        self._seen = work(), output()
        self._idle = 0.0
        self._asked = self._looked = time.monotonic()

    def is_over(self, seconds: float = PATIENCE_SECONDS) -> bool:
        """Has there been no progress for so long?"""
        now = time.monotonic()
        self._idle += min(now - self._asked, ANSWER_SECONDS)
        self._asked = now
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            work, output = self._work(), self._output()
            if abs(work - self._seen[0]) >= WORK_SECONDS or output != self._seen[1]:
                self._seen, self._idle = (work, output), 0.0
        return self._idle >= seconds


def processor_seconds(pid: int) -> float:
    """The processor time that a process and all that it has started have taken; of a process that is gone, none."""
    import psutil

    seconds = 0.0
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        for each in (process, *process.children(recursive=True)):
            with suppress(psutil.Error):
                seconds += sum(each.cpu_times()[:4])  # with that of children that have ended
    return seconds


def wait_until(
    is_ready: Callable[[], bool], child: "subprocess.Popen[bytes]", output: Callable[[], Hashable] = lambda: None
) -> None:
    """Return once `is_ready`. Raises NotReadyError if the program ends before, or makes no progress any more.

    `output` tells whether the program has said something since: its size will do.
    """
    patience = Patience(lambda: processor_seconds(child.pid), output)
    while True:
        with suppress(subprocess.TimeoutExpired):
            child.wait(POLL_SECONDS)
            raise NotReadyError("did not start")
        if is_ready():
            return
        if patience.is_over():
            raise NotReadyError(f"did not start: it has done nothing for {PATIENCE_SECONDS:.0f} seconds")


def answers(url: str) -> bool:
    """Does a server on this machine answer there, be it that it has no such path?"""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=ANSWER_SECONDS):
            return True
    except urllib.error.HTTPError as error:
        error.close()
        return True
    except (OSError, http.client.HTTPException):
        return False
