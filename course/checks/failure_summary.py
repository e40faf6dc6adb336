"""What a session's log says that matters: its last lines if it failed, and what could not run for want of something."""

import re
from pathlib import Path

from course.machine.reasons import COLOURS

LINES = 60  # a test's traceback and pytest's summary
NOT_RUN = re.compile(r"^(?:SKIPPED .*: )?not run: (.+)$")  # as tests/not_run.py says it


def last_lines(log: Path) -> list[str]:
    """What a session said last."""
    return _lines(log)[-LINES:]


def not_run(log: Path) -> list[str]:
    """What a session left out, each reason once, with its fix."""
    return list(dict.fromkeys(match[1] for line in _lines(log) if (match := NOT_RUN.match(line))))


def _lines(log: Path) -> list[str]:
    return COLOURS.sub("", log.read_text(encoding="utf-8", errors="replace")).splitlines()
