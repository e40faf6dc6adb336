"""Slides of the notebooks: a cell each, with the notes of the demonstration that they belong to."""

import re
from pathlib import Path
from typing import Any

import pytest

from course.errors import CourseError
from course.teach import slides
from course.teach.notebooks import sources


def cell(kind: str, source: str, **course: str) -> dict[str, Any]:
    return {"cell_type": kind, "source": source, "metadata": {"course": course} if course else {}}


NOTEBOOK = {
    "metadata": {"kernelspec": {}},
    "cells": [
        cell("markdown", "## One\n", section="4.5"),
        cell("code", "1"),
        cell("markdown", "## Two"),
        cell("code", "2"),
    ],
}


def kinds(notebook: dict[str, Any]) -> list[str]:
    return [each["metadata"]["slideshow"]["slide_type"] for each in notebook["cells"]]


def test_each_cell_is_a_slide_and_has_the_notes_of_its_demonstration() -> None:
    shown = slides.as_slides(NOTEBOOK, {"One": "Ask first."})
    assert kinds(shown) == ["slide", "notes", "subslide", "notes", "slide", "subslide"]
    assert [each["source"] for each in shown["cells"] if each["metadata"]["slideshow"]["slide_type"] == "notes"] == [
        "Ask first."
    ] * 2
    assert shown["metadata"]["rise"]["theme"] == "white"
    assert "rise" not in NOTEBOOK["metadata"]


def test_a_demonstration_without_notes_is_named() -> None:
    with pytest.raises(CourseError, match=r"say nothing of 'One'"):
        slides.as_slides(NOTEBOOK, {"Two": "Something else."})


def test_notes_have_a_line_for_what_to_say_to_ask_and_to_expect() -> None:
    said = slides.notes(Path("04_async_notes_api.ipynb"))
    lines = said["bcrypt on the event loop"].splitlines()
    assert [line.partition(":")[0] for line in lines] == ["6 min", "Ask", "Expect", "Then", "If asked"]
    assert not re.search(r"[*`#]", "".join(said.values()))


@pytest.mark.parametrize("path", sources.paths(), ids=lambda path: path.stem)
def test_each_demonstration_has_notes_and_the_minutes_that_the_notebook_says(path: Path) -> None:
    shown = slides.as_slides(sources.read(path), slides.notes(path))
    with_notes = kinds(shown).count("notes")
    assert with_notes > 0.8 * (len(shown["cells"]) - with_notes)
    cells = ["".join(cell["source"]) for cell in sources.read(path)["cells"]]
    minutes = sum(int(note.split()[0]) for note in slides.notes(path).values())
    claimed = re.search(r"About (\d+) minutes", cells[0])
    assert claimed
    assert abs(minutes - int(claimed[1])) <= 2
