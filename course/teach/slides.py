"""The notebooks as slides, for `course lab --slides`: each cell is one, and beside it the instructor's notes.

RISE (jupyterlab-rise) shows them in JupyterLab, live, without a network: it reads `slideshow` in a cell's metadata.
A heading whose cell names a section of the lesson (`course.section`) has the notes of that section.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from course.errors import CourseError
from course.teach.notebooks.sources import FOLDER

NOTE = re.compile(r"^## \[(?:Step )?(?P<section>[\w.]+):? .*\n(?P<text>(?:(?!^## ).*\n)*)", re.MULTILINE)
# RISE reads rise.css beside a notebook. The letters are as large as in JupyterLab's presentation mode.
STYLE = """\
.reveal h1, .reveal h2, .reveal h3 { text-transform: none; }
.reveal { --jp-code-font-size: 16px; --jp-content-font-size1: 19px; }
"""
# Of all themes, one that asks no other host for fonts. A slide begins at the top: an output that comes fits below.
LOOK = {"theme": "white", "transition": "none", "controls": False, "center": False, "scroll": True}


def notes() -> dict[str, str]:
    """What the instructor's notes say, by the section or step that they are for."""
    texts = (path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("notes_*.md")))
    return {match["section"]: _plain(match["text"]) for text in texts for match in NOTE.finditer(f"{text}\n")}


def _plain(text: str) -> str:
    """A note as the speaker's window shows it: it does not render Markdown."""
    words = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", text.strip())
    return re.sub(r"(?<!\n)\n(?![\n-])", " ", re.sub(r"(?<!\w)\*+|\*+(?!\w)|`", "", words))


def as_slides(notebook: dict[str, Any], said: Mapping[str, str]) -> dict[str, Any]:
    """A notebook with a slide for each cell. Raises CourseError for a section of which the notes say nothing."""
    return notebook | {"metadata": notebook["metadata"] | {"rise": LOOK}, "cells": list(_cells(notebook, said))}


def _cells(notebook: dict[str, Any], said: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    note = ""
    for number, cell in enumerate(notebook["cells"]):
        begins = cell["cell_type"] == "markdown" and "".join(cell["source"]).startswith("#")
        if begins:
            section = cell["metadata"].get("course", {}).get("section", "")
            if section and section not in said:
                raise CourseError(f"The instructor's notes say nothing of section {section}, which a notebook names.")
            note = said.get(section, "")
        yield cell | {"metadata": cell["metadata"] | _is("slide" if begins else "subslide")}
        if note:  # the speaker's window shows the notes of the slide that is seen
            yield {"cell_type": "raw", "id": f"notes-{number}", "metadata": _is("notes"), "source": note}


def _is(kind: str) -> dict[str, Any]:
    return {"slideshow": {"slide_type": kind}}
