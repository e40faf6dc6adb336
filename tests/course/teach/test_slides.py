"""Slides of the notebooks: a cell each, with the notes of the section that they show."""

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


def test_each_cell_is_a_slide_and_has_the_notes_of_its_section() -> None:
    shown = slides.as_slides(NOTEBOOK, {"4.5": "Ask first."})
    assert kinds(shown) == ["slide", "notes", "subslide", "notes", "slide", "subslide"]
    assert [each["source"] for each in shown["cells"] if each["metadata"]["slideshow"]["slide_type"] == "notes"] == [
        "Ask first."
    ] * 2
    assert shown["metadata"]["rise"]["theme"] == "white"
    assert "rise" not in NOTEBOOK["metadata"]


def test_a_section_without_notes_is_named() -> None:
    with pytest.raises(CourseError, match=r"say nothing of section 4\.5"):
        slides.as_slides(NOTEBOOK, {"4.4": "Something else."})


def test_the_notes_are_those_of_the_lessons_sections_and_steps() -> None:
    said = slides.notes()
    assert said["4.5"].startswith("Demo: take a token apart live. python -c ")
    assert "\n## " not in "".join(said.values())
    assert "5.3e" in said
    assert all(said.values())


@pytest.mark.parametrize("path", sources.paths(), ids=lambda path: path.stem)
def test_of_each_notebook_all_but_its_beginning_and_end_has_notes(path: Any) -> None:
    shown = slides.as_slides(sources.read(path), slides.notes())
    with_notes = kinds(shown).count("notes")
    assert with_notes > 0.6 * (len(shown["cells"]) - with_notes)
