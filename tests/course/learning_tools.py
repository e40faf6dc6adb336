"""What the tests of the learning loop share."""

import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
COURSE = (sys.executable, str(HERE / "course_with_sample.py"))  # the command as a program of its own


@dataclass(frozen=True)
class Result:
    """What a command printed, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


def change(path: Path, old: str, new: str) -> None:
    """Replace a text that has to be in a file."""
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {path.name}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
