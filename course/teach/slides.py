"""The notebooks as slides, for `course lab --slides`: each cell is one, and beside it the instructor's notes.

RISE (jupyterlab-rise) shows them in JupyterLab, live, without a network: it reads `slideshow` in a cell's metadata.
The notes of a demonstration stand in the `notes_*.md` of its lesson, below its heading. `course.section` in a cell's
metadata names the section of the lesson that it demonstrates.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from course.errors import CourseError
from course.teach.notebooks.sources import FOLDER

HEADING = re.compile(r"^#+ (.+)", re.MULTILINE)
NOTE = re.compile(r"^### (?P<heading>.+): (?P<minutes>\d+) minutes?\n(?P<text>(?:(?!^##).*\n)*)", re.MULTILINE)
# RISE reads rise.css beside a notebook. The letters are as large as in JupyterLab's presentation mode.
STYLE = """\
.reveal h1, .reveal h2, .reveal h3 { text-transform: none; }
.reveal { --jp-code-font-size: 16px; --jp-content-font-size1: 19px; }
.reveal .jp-OutputArea-output pre { font-size: 16px; }
.reveal .jp-RenderedImage img { width: 1100px; max-width: 100%; }
"""
# Of all themes, one that asks no other host for fonts. A slide begins at the top: an output that comes fits below.
LOOK = {"theme": "white", "transition": "none", "controls": False, "center": False, "scroll": True}


def notes(notebook: Path) -> dict[str, str]:
    """What the instructor's notes say beside a notebook's demonstrations, by their headings."""
    text = (FOLDER / f"notes_{notebook.stem.partition('_')[0]}.md").read_text(encoding="utf-8")
    mine = text.partition(f"## In [{notebook.stem}]")[2].partition("\n## ")[0]
    return {note["heading"]: f"{note['minutes']} min\n{_plain(note['text'])}" for note in NOTE.finditer(f"{mine}\n")}


def _plain(text: str) -> str:
    """A note as the speaker's window shows it, without Markdown: a line for each *Ask:*, *Expect:* and so on."""
    one = " ".join(text.split())
    return re.sub(r" \*([\w, ]+:)\*", r"\n\1", one).replace("*", "").replace("`", "")


def as_slides(notebook: dict[str, Any], said: Mapping[str, str]) -> dict[str, Any]:
    """A notebook with a slide for each cell. Raises CourseError for a demonstration of which the notes say nothing."""
    return notebook | {"metadata": notebook["metadata"] | {"rise": LOOK}, "cells": list(_cells(notebook, said))}


def _cells(notebook: dict[str, Any], said: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    note = ""
    for number, cell in enumerate(notebook["cells"]):
        begins = cell["cell_type"] == "markdown" and "".join(cell["source"]).startswith("#")
        if begins:
            headings = HEADING.findall("".join(cell["source"]))
            note = next((said[heading] for heading in headings if heading in said), "")
            if not note and "course" in cell["metadata"]:
                raise CourseError(f"The instructor's notes say nothing of {headings[0]!r}, which a notebook shows.")
        yield cell | {"metadata": cell["metadata"] | _is("slide" if begins else "subslide")}
        if note:  # the speaker's window shows the notes of the slide that is seen
            yield {"cell_type": "raw", "id": f"notes-{number}", "metadata": _is("notes"), "source": note}


def _is(kind: str) -> dict[str, Any]:
    return {"slideshow": {"slide_type": kind}}
