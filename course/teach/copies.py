"""The copies of the notebooks that a class works on, in `workspace/notebooks/`: the stored ones stay as they are.

They begin without outputs. As slides they are in `workspace/slides/`.
"""

import json
import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from course.errors import CourseError
from course.machine.material.workspace import workspace_root
from course.paths import ROOT, from_here
from course.teach.notebooks import sources
from course.teach.slides import STYLE, as_slides, notes

TO_A_FILE = re.compile(r"(?<=\]\()\.\./")  # the beginning of a link, such as ](../capstone/README.md)


def folder(*, slides: bool = False) -> Path:
    """Where the copies are."""
    return workspace_root().resolve() / ("slides" if slides else sources.FOLDER.name)


def served_from() -> Path:
    """The folder that JupyterLab shows: the clone, so that links to lessons work, unless the copies are elsewhere."""
    return ROOT if folder().is_relative_to(ROOT) else folder().parent


def bring_up_to_date(*, fresh: bool, slides: bool = False) -> list[str]:
    """Copy each notebook that has no copy yet; with `fresh`, each that was changed, which is kept aside.

    Returns what there is to say of it. Raises CourseError if the copies can't be written.
    """
    try:
        return list(_copied(folder(slides=slides), fresh=fresh, slides=slides))
    except OSError as error:
        raise CourseError(
            f"The notebooks can't be copied to {folder(slides=slides)} ({error.strerror}): "
            "set COURSE_WORKSPACE to a folder that you may write to."
        ) from error


def _copied(to: Path, *, fresh: bool, slides: bool) -> Iterator[str]:
    kept = to.parent / ".course" / "kept" / f"{datetime.now():%Y-%m-%d_%H-%M-%S-%f}" / to.name
    changed, newer = [], []
    to.mkdir(parents=True, exist_ok=True)
    if slides:
        (to / "rise.css").write_text(STYLE, encoding="utf-8")
    for path in sources.paths():
        notebook = unseen(sources.read(path))
        notebook = as_slides(notebook, notes(path)) if slides else notebook
        copy, text = to / path.name, linked(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n")
        found = copy.read_text(encoding="utf-8", errors="replace") if copy.exists() else text
        if found != text and not fresh:
            newer += [path.stem] if _made_from(found) not in ("", _made_from(text)) else []
            continue
        if found != text:
            kept.mkdir(parents=True, exist_ok=True)
            copy.replace(kept / path.name)
            changed.append(path.stem)
        copy.write_text(text, encoding="utf-8", newline="\n")
    if changed:
        yield f"As stored again: {', '.join(changed)}. What was written in them is in {from_here(kept)}"
    if newer:
        command = "course lab --slides --fresh" if slides else "course lab --fresh"
        yield f"The course has newer ones of: {', '.join(newer)}. To have these, with yours kept: {command}"


def unseen(notebook: dict[str, Any]) -> dict[str, Any]:
    """A stored notebook without its outputs: the class guesses first, and then sees its own."""
    empty: dict[str, Any] = {"outputs": [], "execution_count": None}
    cells = [cell | empty if cell["cell_type"] == "code" else cell for cell in notebook["cells"]]
    return notebook | {"cells": cells}


def linked(text: str) -> str:
    """A stored notebook as it is copied: its links to files of the clone lead there from the copy, too."""
    if not folder().is_relative_to(ROOT):
        return text  # JupyterLab opens nothing outside of the folder that it shows
    up = Path(os.path.relpath(ROOT, folder())).as_posix()
    return TO_A_FILE.sub(f"{up}/", text)


def _made_from(text: str) -> str:
    """What a notebook's stored outputs were made from (`sources.made_from`); "" if it does not say."""
    try:
        return str(json.loads(text)["metadata"]["course"]["made_from"])
    except (ValueError, KeyError, TypeError):
        return ""
