"""A whole clone in another folder, with its environment, in a second: its files are links to this clone's own."""

import os
import shutil
import subprocess
from pathlib import Path

from course.machine import set_up
from course.paths import ROOT


def clone(to: Path) -> Path:
    """Make one, and return its Python. Whoever changes a file there replaces it: a link would change this clone's."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in os.fsdecode(listed.stdout).split("\0"):
        if name and (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            link(ROOT / name, to / name)
    shutil.copytree(ROOT / ".venv", to / ".venv", symlinks=True, copy_function=link)
    return settled(to)


def settled(clone: Path) -> Path:
    """Tell the environment of a clone that was made so, or moved, where it is now, and return its Python."""
    there = clone / ".venv"
    for path in there.glob("*/**/course*.pth"):
        path.unlink()
        path.write_text(f"{clone}\n", encoding="utf-8")
    stamp = there / set_up.STAMP.name
    digest = stamp.read_text(encoding="utf-8").partition(" ")[0]
    stamp.unlink()
    stamp.write_text(f"{digest} {clone}", encoding="utf-8")
    return there / set_up.PYTHON.relative_to(set_up.VENV)


def link(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # another disk
        shutil.copy2(source, target, follow_symlinks=False)
