"""What the tests of the learning loop share."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from course import cli

HERE = Path(__file__).parent
COURSE = (sys.executable, str(HERE / "course_with_sample.py"))  # the command as a program of its own


Result = subprocess.CompletedProcess[str]


def in_process(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    """Run the `course` command in this process, with nobody at the keyboard."""
    output = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n") for _ in range(2)]
    with monkeypatch.context() as patch, Path(os.devnull).open(encoding="utf-8") as nobody:
        patch.setattr(sys, "argv", ["course", *arguments])
        patch.setattr(sys, "stdin", nobody)
        patch.setattr(sys, "stdout", output[0])
        patch.setattr(sys, "stderr", output[1])
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        for stream in output:
            stream.flush()
    said = (stream.buffer.getvalue().decode() for stream in output)  # type: ignore[attr-defined]
    return Result(["course", *arguments], code, *said)


def change(path: Path, old: str, new: str) -> None:
    """Replace a text that has to be in a file."""
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {path.name}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
