"""The page with the self-test: each of its programs runs, and prints what stands below it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from course.paths import ROOT

PAGE = (ROOT / "modules" / "before_you_begin.md").read_text(encoding="utf-8")
# A question's program is answered inside the details, so that text may stand between a program and its output.
PROGRAM = re.compile(r"```python\n(?P<code>.*?)```\n(?:(?!```python).)*?```text\n(?P<output>.*?)```", re.DOTALL)
PROGRAMS = [
    pytest.param(each["code"], each["output"], id=f"number {number}")
    for number, each in enumerate(PROGRAM.finditer(PAGE), start=1)
]


def test_every_program_has_its_output() -> None:
    assert len(PROGRAMS) == PAGE.count("```python") > 10


@pytest.mark.parametrize(("code", "output"), PROGRAMS)
def test_a_program_prints_what_stands_below_it(code: str, output: str, tmp_path: Path) -> None:
    (tmp_path / "try.py").write_text(code, encoding="utf-8")
    command = [sys.executable, "-X", "utf8", "try.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert done.stdout == output, done.stderr
