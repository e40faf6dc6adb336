"""What failed sessions said last, once more at the end of a log: who reads half an hour of output begins there."""

import re
import sys
from collections import deque

LINES = 60  # of each session: a test's traceback and pytest's summary
COLOUR = rb"(?:\x1b\[[\d;]*m)*"
BEGINNING = re.compile(rb"nox > " + COLOUR + rb"Running session ([^\s\x1b]+)")


class Recap:
    """Passes on the lines that nox and its sessions write, and keeps the last ones of each session."""

    def __init__(self) -> None:
        self._said: dict[str, deque[bytes]] = {}
        self._lines: deque[bytes] = deque(maxlen=LINES)  # of the session that runs

    def read(self, line: bytes) -> None:
        """Take one line, and write it to stdout as it is."""
        if beginning := BEGINNING.search(line):
            self._lines = self._said.setdefault(beginning[1].decode(), deque(maxlen=LINES))
        self._lines.append(line)
        self._write(line)

    def tell(self, session: str) -> None:
        """Write what a session said last."""
        self._write(f"\n--- The last lines of {session}, once more ---\n".encode())
        for line in self._said.get(session, ()):
            self._write(line)

    @staticmethod
    def _write(line: bytes) -> None:
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
