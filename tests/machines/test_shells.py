"""What the README and the lessons have a beginner type, typed in each shell: its words come as they are written."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from clone import BASE_PYTHON, Clone
from not_run import not_run

from course.paths import ROOT
from course.stages import stage_by_id

# As a terminal starts them, but for a user's own settings. Interactive, since zsh reads `#` otherwise there.
SHELLS = {
    "dash": ["dash", "-i"],
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
README = (ROOT / "README.md").read_text(encoding="utf-8")
HOW = (stage_by_id("04").folder / "lesson" / "0-how-this-lesson-works.md").read_text(encoding="utf-8")
[COMMANDS] = [block.splitlines() for block in re.findall(r"^```console\n(.*?)^```", README, re.MULTILINE | re.DOTALL)]
ACTIVATE = {row[0]: row[1] for row in re.findall(r"^\| ([^|]+) \| `([^`]+)` \|$", HOW, re.MULTILINE)}


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    folder = tmp_path_factory.mktemp("shells")
    clone = Clone(folder / "my course")
    (folder / "bin").mkdir()
    (folder / "bin" / "python3").symlink_to(BASE_PYTHON)
    program = clone.environment / "bin" / "course"
    assert clone.works(clone.run()), "it is set up"
    program.write_text("#!/bin/sh\necho inside $VIRTUAL_ENV $*\n", encoding="utf-8")
    program.chmod(0o755)
    return clone


def typed(shell: str, lines: list[str], clone: Clone) -> str:
    """What lines print that are typed in a shell, in a clone's folder."""
    if not shutil.which(shell):
        not_run(f"{shell} is not installed", f"install {shell}")
    path = f"{clone.folder.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        SHELLS[shell],
        cwd=clone.folder,
        env=clone.env(PATH=path, TERM="dumb"),
        input="\n".join([*lines, "exit", ""]),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=120,
        check=False,
    )
    return done.stdout + done.stderr


def prefixes(printed: str, words: str) -> list[str]:
    """The environments in which the course was called with these words, and no others."""
    return re.findall(rf"inside (.+/\.venv) {re.escape(words)}$", printed.replace("\r", ""), re.MULTILINE)


@pytest.mark.parametrize("shell", SHELLS)
def test_the_readmes_commands(shell: str, clone: Clone) -> None:
    assert len(COMMANDS) == 3
    printed = typed(shell, COMMANDS, clone)
    for command in COMMANDS:
        words = command.removeprefix("python3 -m course ")
        assert prefixes(printed, words) == [str(clone.environment)], printed


@pytest.mark.parametrize(
    ("shell", "row"),
    [("bash", "bash or zsh, on Linux and macOS"), ("zsh", "bash or zsh, on Linux and macOS"), ("fish", "fish")],
)
def test_the_lessons_way_to_activate_the_environment(shell: str, row: str, clone: Clone) -> None:
    printed = typed(shell, [ACTIVATE[row], "course check 04"], clone)
    assert prefixes(printed, "check 04") == [str(clone.environment)], printed


def test_each_way_to_activate_is_a_file_that_an_environment_has_there() -> None:
    assert [Path(line.split()[-1].replace("\\", "/")).name for line in ACTIVATE.values()] == [
        *("activate", "activate.fish", "Activate.ps1", "activate.bat", "activate")
    ]
